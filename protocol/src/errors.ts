/** The closed list of faults: HTTP status, and whether trying the same again can help (SPEC: Errors). */
import { type Fault, list, object, optional, read, text } from './shape.ts';

export const errorCodes = {
  /** The body is not JSON, not UTF-8, or not of a known content type. */
  malformed: { status: 400, retry: false, message: 'The body must be JSON.' },
  /** A field is missing or wrong; `field` names it. One entry per fault. */
  invalid: { status: 400, retry: false, message: 'Something in the request is not as it should be.' },
  /** No token, or one that is bad, expired, revoked or made for another page. */
  unauthorized: { status: 401, retry: false, message: 'A valid token is needed. Ask for a new session.' },
  forbidden: { status: 403, retry: false, message: 'You may not do this.' },
  'origin-not-allowed': { status: 403, retry: false, message: 'This site does not list the page’s origin.' },
  'window-closed': { status: 403, retry: false, message: 'It is too late to change this message.' },
  'unknown-site': { status: 404, retry: false, message: 'There is no such site.' },
  /** Unknown, or not visible to the caller: answered alike. */
  'not-found': { status: 404, retry: false, message: 'There is nothing here, or you may not see it.' },
  conflict: { status: 409, retry: false, message: 'This localId was used for another message.' },
  'too-large': { status: 413, retry: false, message: 'That is too long. Shorten it, then send.' },
  'rate-limited': { status: 429, retry: true, message: 'A little slower, please.' },
  internal: { status: 500, retry: true, message: 'Something went wrong here. It was noted.' },
  /** The write could not be proven to be committed: send the same again. */
  'not-stored': { status: 503, retry: true, message: 'The message was not stored. Send it again.' },
  /** Starting or draining. */
  unavailable: { status: 503, retry: true, message: 'Not ready. Try again in a moment.' },
  /** The edge can't reach its server. */
  unreachable: { status: 503, retry: true, message: 'The server does not answer. Try again in a moment.' },
  /** A secret or an address is missing at this hop; its log and its health say which. */
  misconfigured: { status: 503, retry: true, message: 'This service is not set up yet.' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorEntry {
  code: ErrorCode;
  message: string;
  field?: string;
}

/** A fault of the closed list. `retryAfterS` becomes `Retry-After`; `cause` is for the log, never for a stranger. */
export class ChatError extends Error {
  override name = 'ChatError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retry: boolean;
  readonly retryAfterS: number | undefined;
  readonly faults: Fault[];

  constructor(
    code: ErrorCode,
    options: { message?: string; faults?: Fault[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(options.message ?? errorCodes[code].message, { cause: options.cause });
    this.code = code;
    this.status = errorCodes[code].status;
    this.retry = errorCodes[code].retry;
    this.faults = options.faults ?? [];
    this.retryAfterS = options.retryAfterS ?? (this.status === 503 ? 2 : undefined);
  }
}

/** The body of an error's answer: `{ errors: [{ code, message, field? }] }`. */
export function errorBody(error: ChatError): { errors: ErrorEntry[] } {
  return {
    errors: error.faults.length
      ? error.faults.map(({ field, message }) => ({ code: error.code, message, field }))
      : [{ code: error.code, message: error.message }],
  };
}

/** The parts of an answer to a fault, for whichever framework writes it. */
export function errorAnswer(error: ChatError): { status: number; headers: Record<string, string>; body: string } {
  return {
    status: error.status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      ...(error.retryAfterS === undefined ? {} : { 'Retry-After': String(Math.ceil(error.retryAfterS)) }),
    },
    body: JSON.stringify(errorBody(error)),
  };
}

const answeredErrors = object({
  errors: list(object({ code: optional(text()), message: optional(text()), field: optional(text()) })),
});

const codeOfStatus: Record<number, ErrorCode> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  413: 'too-large',
  429: 'rate-limited',
};

/** Reads any hop's refusal back into a `ChatError`; what a stranger's proxy wrote is taken by its status alone. */
export function readError(status: number, body: unknown, retryAfter: string | null = null): ChatError {
  const first = read(answeredErrors, body)?.errors;
  const code = first?.[0]?.code;
  const known = code !== undefined && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : undefined;
  const seconds = Number(retryAfter);
  return new ChatError(known ?? codeOfStatus[status] ?? (status >= 500 ? 'unreachable' : 'invalid'), {
    ...(first?.[0]?.message ? { message: first[0].message } : {}),
    faults: (first ?? []).flatMap((entry) =>
      entry.field ? [{ field: entry.field, message: entry.message ?? '' }] : [],
    ),
    ...(retryAfter !== null && seconds >= 0 ? { retryAfterS: seconds } : {}),
  });
}
