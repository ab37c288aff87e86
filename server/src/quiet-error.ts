/**
 * Errors as a log may have them. Drizzle writes a failing statement's parameters into its message and beside it, Postgres
 * the row and the key that offended: texts of people, hashes of passwords, sealed secrets. The statement itself stays.
 */

/** Fields of a driver's error that say what happened without saying to whom. */
const kept = ['code', 'severity', 'constraint', 'table', 'column', 'schema', 'routine', 'status', 'errno', 'syscall'];

/** Causes that are followed at most. */
const depthMax = 5;

export interface QuietError {
  type: string;
  message: string;
  stack?: string;
  cause?: QuietError;
  [field: string]: unknown;
}

/** What is logged of an error; values that are none come back as they are. */
export function quietError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { cause } = error;
  const fields = Object.fromEntries(
    kept.flatMap((name) => {
      const value = (error as unknown as Record<string, unknown>)[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
  return {
    type: error.name,
    message: messageOf(error),
    ...(error.stack ? { stack: quietText(error.stack, error) } : {}),
    ...fields,
    ...(cause instanceof Error && depth < depthMax ? { cause: quietError(cause, depth + 1) as QuietError } : {}),
  };
}

/**
 * For pino's `hooks.logMethod`: a serializer would come too late, since pino takes a line's message from the error as it
 * is.
 */
export function quietly<Logger>(this: Logger, args: unknown[], log: (this: Logger, ...args: never[]) => void): void {
  const put = (...line: unknown[]) => log.apply(this, line as never[]);
  const [first, ...rest] = args;
  const { err } = (first ?? {}) as { err?: unknown };
  if (first instanceof Error) put({ err: quietError(first) }, ...(rest.length ? rest : [messageOf(first)]));
  else if (err instanceof Error) put({ msg: messageOf(err), ...(first as object), err: quietError(err) }, ...rest);
  else put(...args);
}

const messageOf = (error: Error) => quietText(error.message, error);

/** A message or stack without what came from outside. */
function quietText(text: string, error: Error): string {
  const { params } = error as { params?: unknown };
  // In a stack the parameters are followed by the frames, and may hold line breaks themselves.
  const printed = Array.isArray(params) ? `params: ${params}` : undefined;
  const without = printed && text.includes(printed) ? text.replace(printed, 'params: (not logged)') : text;
  return (
    without
      .replace(/^params: (?!\(not logged\))[\s\S]*?(?=^ {4}at |$(?![\s\S]))/m, 'params: (not logged)\n')
      // `invalid input syntax for type uuid: "what was given"`.
      .replace(/^((?:error: )?(?:invalid|malformed|unsupported) [^:\n]*: ).*$/gim, '$1(not logged)')
  );
}
