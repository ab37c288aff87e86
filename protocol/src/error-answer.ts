/** How a hop words its faults to a stranger, a code and a public sentence, and how the next one reads them. */
import { ChatError, type ErrorCode, errorStatus, readError } from './errors.ts';
import { list, object, read, text } from './shape.ts';

const sentences: Record<ErrorCode, string> = {
  malformed: 'The body must be JSON.',
  invalid: 'Something in the request is not as it should be.',
  unauthorized: 'A valid token is needed. Ask for a new session.',
  forbidden: 'You may not do this.',
  'origin-not-allowed': 'This site does not list the page’s origin.',
  'window-closed': 'It is too late to change this message.',
  'unknown-site': 'There is no such site.',
  'not-found': 'There is nothing here, or you may not see it.',
  conflict: 'This localId was used for another message.',
  'too-large': 'That is too long. Shorten it, then send.',
  'rate-limited': 'A little slower, please.',
  internal: 'Something went wrong here. It was noted.',
  'not-stored': 'The message was not stored. Send it again.',
  unavailable: 'Not ready. Try again in a moment.',
  unreachable: 'The server does not answer. Try again in a moment.',
  misconfigured: 'This service is not set up yet.',
};

/** Every code with its status and its public sentence. */
export const errorCodes = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries(sentences).map(([code, message]) => [
    code,
    { status: errorStatus[code as ErrorCode], message },
  ]),
) as Readonly<Record<ErrorCode, { status: number; message: string }>>;

export interface ErrorEntry {
  code: ErrorCode;
  message: string;
  field?: string;
}

/** The body of an error's answer: `{ errors: [{ code, message, field? }] }`. */
export function errorBody({ code, message, faults }: ChatError): { errors: ErrorEntry[] } {
  return {
    errors: faults.length
      ? faults.map((fault) => ({ code, message: fault.message, field: fault.field }))
      : [{ code, message: message === code ? sentences[code] : message }],
  };
}

/** What a 401 asks for in `WWW-Authenticate` where it was an edge's key that was missing or wrong, and no reader's token. */
const edgeScheme = 'Chat-Edge';

interface EdgeRefusal extends ChatError {
  challenge?: string;
}

/** The refusal of whoever asks for what is an edge's alone and shows no good key (SPEC: Grants). */
export function edgeKeyRefused(): ChatError {
  const message = 'This is for an edge that has this server’s key.';
  return Object.assign(new ChatError('unauthorized', { message }), { challenge: edgeScheme });
}

/** Whether an answer refuses the key of the edge that asked. `wanted` is its `WWW-Authenticate`. */
export function refusesEdgeKey(status: number, wanted: string | null): boolean {
  return status === 401 && new RegExp(`(^|,\\s*)${edgeScheme}\\b`, 'i').test(wanted ?? '');
}

/** The parts of an answer to a fault, for whichever framework writes it. */
export function errorAnswer(error: EdgeRefusal): { status: number; headers: Record<string, string>; body: string } {
  return {
    status: error.status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      ...(error.challenge ? { 'WWW-Authenticate': error.challenge } : {}),
      ...(error.retryAfterS === undefined ? {} : { 'Retry-After': String(Math.ceil(error.retryAfterS)) }),
    },
    body: JSON.stringify(errorBody(error)),
  };
}

const answeredFaults = object({ errors: list(object({ field: text(1), message: text() })) });

/** As `readError`, with the faults of single fields: for a hop that passes the refusal on. */
export function readRefusal(status: number, body: unknown, retryAfter: string | null = null): ChatError {
  const { code, message, retryAfterS } = readError(status, body, retryAfter);
  return new ChatError(code, { message, retryAfterS, faults: read(answeredFaults, body)?.errors ?? [] });
}
