/** What a failing statement means for the one who asked for it. */
import { ChatError } from '@payload-chat/protocol';

/** Walks an error and its causes: Drizzle wraps the driver's. */
function* chain(error: unknown): Generator<{ code?: unknown; message?: unknown; name?: unknown; data?: unknown }> {
  let at = error;
  for (let depth = 0; depth < 6 && typeof at === 'object' && at !== null; depth += 1) {
    yield at as object;
    at = (at as { cause?: unknown }).cause;
  }
}

/** Connection lost, refused or cut (class 08, 57P0x), out of slots, deadlock, lock timeout: trying again can help. */
const passing = /^(08|57P|53|40P01$|40001$|55P03$|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;
const passingText =
  /connection terminated|is not queryable|cannot begin transaction|cannot connect to postgres|timeout expired|timeout exceeded when trying to connect/i;

/** Whether trying the same again can help. */
export function isPassingFault(error: unknown): boolean {
  for (const { code, message } of chain(error)) {
    if (typeof code === 'string' && passing.test(code)) return true;
    if (typeof message === 'string' && passingText.test(message)) return true;
  }
  return false;
}

/** Postgres chose this one of two transactions that waited for each other: it is undone whole, and may be made again. */
export function isDeadlock(error: unknown): boolean {
  for (const { code } of chain(error)) if (code === '40P01') return true;
  return false;
}

/** Postgres could make nothing of a value (class 22) or of a comparison with it: who asked has asked for nonsense. */
export function isNonsense(error: unknown): boolean {
  for (const { code } of chain(error))
    if (typeof code === 'string' && /^(22|42883|42804|42846)/.test(code)) return true;
  return false;
}

/** A unique index said no. Payload turns that into a ValidationError, whose data names the table: not for strangers. */
export function isDuplicate(error: unknown): boolean {
  for (const { code, data } of chain(error)) {
    if (code === '23505') return true;
    // Never by the error's name: Next's build shortens the names of classes.
    const errors = (data as { errors?: unknown } | undefined)?.errors;
    if (Array.isArray(errors) && errors.some((each) => each?.tableName !== undefined)) return true;
  }
  return false;
}

/** A row that should be referred to is not there. */
export function isMissingRelation(error: unknown): boolean {
  for (const { code } of chain(error)) if (code === '23503') return true;
  return false;
}

/** The fault as the closed list has it: what may pass is `not-stored`, everything else stays as it was. */
export function asWriteFault(error: unknown): unknown {
  if (error instanceof ChatError) return error;
  return isPassingFault(error) ? new ChatError('not-stored', { cause: error }) : error;
}
