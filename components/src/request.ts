/** One request to the edge: what it answers, believed by a parser, or a `ChatError`. */
import { ChatError, type Clock, type Parser, read, readError } from '@payload-chat/protocol';

/** What a request carries besides its path. */
export interface Asked {
  /** POST where there is a body, else GET, unless told. */
  method?: 'PATCH' | 'DELETE' | undefined;
  body?: unknown;
  token?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** `path` goes on after `/api/`, query included. */
export type Request = <T>(parser: Parser<T>, path: string, asked?: Asked) => Promise<T>;

/** An edge that has not answered by then is taken for unreachable; the same request may go out again. */
const answerMs = 20_000;

/** @throws ChatError, also for a broken network, an answer that is no JSON, and an aborted signal (`unreachable`). */
export function createRequest(edge: string, fetch: typeof globalThis.fetch, clock: Clock): Request {
  return async (parser, path, { body, method = body ? 'POST' : 'GET', token, signal } = {}) => {
    const abort = new AbortController();
    const stop = () => abort.abort();
    const cancel = clock.after(answerMs, stop);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    try {
      const response = await fetch(`${edge}/api/${path}`, {
        method,
        headers: {
          ...(body ? { 'Content-Type': 'application/json' } : {}),
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: abort.signal,
      });
      const answer: unknown = await response.json().catch(() => {});
      if (!response.ok) throw readError(response.status, answer, response.headers.get('Retry-After'));
      const parsed = read(parser, answer);
      if (parsed === undefined || signal?.aborted) throw answer;
      return parsed;
    } catch (failure) {
      throw failure instanceof ChatError ? failure : new ChatError('unreachable', { cause: failure, retryAfterS: 0 });
    } finally {
      cancel();
      signal?.removeEventListener('abort', stop);
    }
  };
}
