/** The closed list of faults: HTTP status, and whether trying the same again can help (SPEC: Errors). */
import { type Fault, list, object, optional, read, text } from './shape.ts';

/** The first code of a status stands for an answer that names none. */
export const errorStatus = {
  /** A field is missing or wrong; `field` names it. One entry per fault. */
  invalid: 400,
  /** The body is not JSON, not UTF-8, or not of a known content type. */
  malformed: 400,
  /** No token, or one that is bad, expired, revoked or made for another page. */
  unauthorized: 401,
  forbidden: 403,
  'origin-not-allowed': 403,
  'window-closed': 403,
  /** Unknown, or not visible to the caller: answered alike. */
  'not-found': 404,
  'unknown-site': 404,
  conflict: 409,
  'too-large': 413,
  'rate-limited': 429,
  internal: 500,
  /** The edge can't reach its server. */
  unreachable: 503,
  /** The write could not be proven to be committed: send the same again. */
  'not-stored': 503,
  /** Starting or draining. */
  unavailable: 503,
  /** A secret or an address is missing at this hop; its log and its health say which. */
  misconfigured: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/**
 * A fault of the closed list. `retryAfterS` becomes `Retry-After`; `cause` is for the log, never for a stranger. Where
 * no `message` was given it is the code: the public sentence of a code is `errorCodes`', at the hop that answers.
 */
export class ChatError extends Error {
  override name = 'ChatError';
  declare readonly code: ErrorCode;
  declare readonly status: number;
  /** Trying the same again can help; else the code is final. */
  declare readonly retry: boolean;
  declare readonly retryAfterS: number | undefined;
  declare readonly faults: Fault[];

  constructor(
    code: ErrorCode,
    {
      message = code,
      faults = [],
      retryAfterS,
      cause,
    }: { message?: string | undefined; faults?: Fault[]; retryAfterS?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause });
    const status = errorStatus[code];
    Object.assign(this, {
      code,
      status,
      retry: status === 429 || status >= 500,
      retryAfterS: retryAfterS ?? (status === 503 ? 2 : undefined),
      faults,
    });
  }
}

const answered = object({ errors: list(object({ code: optional(text()), message: optional(text()) })) });

/**
 * Reads any hop's refusal back into a `ChatError`; what a stranger's proxy wrote is taken by its status alone. Its
 * faults stay behind: `readRefusal` brings them too.
 */
export function readError(status: number, body: unknown, retryAfter: string | null = null): ChatError {
  const said = read(answered, body)?.errors[0];
  const codes = Object.keys(errorStatus) as ErrorCode[];
  const code =
    codes.find((known) => known === said?.code) ??
    codes.find((known) => errorStatus[known] === status) ??
    // 408 and 425 say themselves that later is better.
    (status >= 500 || status === 408 || status === 425 ? 'unreachable' : 'invalid');
  // An absent header and a date, which is rare and would need the clock, are both no wish.
  const seconds = Number.parseFloat(retryAfter ?? '');
  return new ChatError(code, {
    message: said?.message || undefined,
    retryAfterS: seconds >= 0 ? seconds : undefined,
  });
}
