/** The server's answers, read whole before a word of them is passed on. */
import { ChatError, readError, refusesEdgeKey } from '@payload-chat/protocol';
import { type Answer, refusalOf } from './answer.ts';
import { readWhole } from './bytes.ts';

/** Most bytes of one answer: a page of 100 messages at their longest is a quarter of it. */
export const answerBytes = 8 * 1024 * 1024;
/** When to come back, in seconds, where whoever stands in front of the server refuses for a while and doesn't say. */
const retryAfter = '2';
/** What of the server's answer the client hears. Cookies and the server's own CORS stay behind. */
const returning = ['Content-Type', 'Retry-After', 'Cache-Control'];

/** What readers are told of a refused edge key, and what the operator is. */
export function keyRefused(): ChatError {
  const cause = new Error("The server refuses this edge's key: CHAT_EDGE_KEY is none of its CHAT_EDGE_KEYS.");
  return new ChatError('misconfigured', { cause });
}

/**
 * A whole answer in the wire's own form: a 4xx without JSON is told by its status alone.
 * @throws ChatError `unreachable` for anything else that the server itself would not say, `misconfigured` where it refuses
 * this edge's key
 */
export async function answerOf(response: Response): Promise<Answer> {
  const { status } = response;
  const type = response.headers.get('Content-Type') ?? '';
  const isJson = /^application\/(jwk-set\+)?json\b/.test(type);
  try {
    if (refusesEdgeKey(status, response.headers.get('WWW-Authenticate'))) throw keyRefused();
    if (!isJson && (status < 400 || status >= 500))
      throw new Error(`The server answered ${status}, ${type || 'no type'}.`);
    const body = new TextDecoder().decode(await readWhole(response.body, answerBytes));
    const isPassing = status === 429 || status === 503;
    if (!isJson)
      return refusalOf(
        readError(status, undefined, response.headers.get('Retry-After') ?? (isPassing ? retryAfter : null)),
      );
    const headers: Record<string, string> = {
      'Cache-Control': 'no-store',
      ...(isPassing ? { 'Retry-After': retryAfter } : {}),
    };
    for (const name of returning) {
      const value = response.headers.get(name);
      if (value !== null) headers[name] = value;
    }
    return { status, headers, body };
  } catch (cause) {
    void response.body?.cancel().catch(() => {}); // Read to its end or broken: either way nothing is left open.
    throw cause instanceof ChatError ? cause : new ChatError('unreachable', { cause });
  }
}
