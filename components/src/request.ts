/** One request to the edge: what it answers, believed by a parser, or a `ChatError`. */
import {
  ChatError,
  type Clock,
  methodOf,
  type Parser,
  pathOf,
  type RouteName,
  read,
  readError,
} from '@payload-chat/protocol';

/** What a request carries besides its route. */
export interface Asked {
  /** The message or thread in the path. */
  id?: string | undefined;
  /** With its question mark. */
  query?: string | undefined;
  body?: unknown;
  token?: string | undefined;
  signal?: AbortSignal | undefined;
}

export type Request = <T>(parser: Parser<T>, route: RouteName, asked?: Asked) => Promise<T>;

/** An edge that has not answered by then is taken for unreachable; the same request may go out again. */
const answerMs = 20_000;

/** @throws ChatError, also for a broken network, an answer that is no JSON, and an aborted signal (`unreachable`). */
export function createRequest(edge: string, fetch: typeof globalThis.fetch, clock: Clock): Request {
  return async (parser, route, { id = '', query = '', body, token, signal } = {}) => {
    const abort = new AbortController();
    const stop = () => abort.abort();
    const cancel = clock.after(answerMs, stop);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    try {
      const response = await fetch(edge + pathOf(route, { id }) + query, {
        method: methodOf(route),
        headers: {
          ...(body ? { 'Content-Type': 'application/json' } : {}),
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: abort.signal,
      });
      const answer: unknown = await response.json().catch(() => undefined);
      if (!response.ok) throw readError(response.status, answer, response.headers.get('Retry-After'));
      const parsed = read(parser, answer);
      if (parsed === undefined || signal?.aborted) throw new TypeError('Not an answer.');
      return parsed;
    } catch (failure) {
      throw failure instanceof ChatError ? failure : new ChatError('unreachable', { cause: failure, retryAfterS: 0 });
    } finally {
      cancel();
      signal?.removeEventListener('abort', stop);
    }
  };
}
