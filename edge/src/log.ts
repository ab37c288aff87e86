/** Where a part's outermost layer says what went wrong: a sentence, and its cause. Never a token, a key or a query. */
export type Log = (sentence: string, cause?: unknown) => void;

export const consoleLog: Log = (sentence, cause) => {
  console.error(new Date().toISOString(), sentence, ...(cause === undefined ? [] : [reasonOf(cause)]));
};

/** The messages of an error and of what caused it, on one line. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause === undefined ? cause.message : `${cause.message} (${reasonOf(cause.cause)})`;
}
