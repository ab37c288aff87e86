/** One request and its whole answer. Every connection is new, so that no fault of the line before reaches this one. */
import { request } from 'node:http';

export interface Asked {
  method?: string;
  body?: unknown;
  authorization?: string;
  origin?: string;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

/** `body` is `undefined` where it was no JSON: then nobody of the chat has answered. */
export interface Answer {
  status: number;
  body: unknown;
  text: string;
  retryAfterS: number;
}

/** @throws what the network said, a time-out included. */
export function ask(
  url: string,
  { method = 'GET', body, authorization, origin, headers, timeoutMs = 8000 }: Asked = {},
) {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  return new Promise<Answer>((resolve, reject) => {
    const asked = request(url, {
      method,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(sent === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(sent) }),
        ...(authorization ? { Authorization: authorization } : {}),
        ...(origin ? { Origin: origin } : {}),
        ...headers,
      },
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if (!response.complete) return reject(new Error('The answer was cut short.'));
        const text = Buffer.concat(chunks).toString();
        const retryAfterS = Number(response.headers['retry-after'] ?? 0) || 0;
        resolve({ status: response.statusCode ?? 0, body: jsonOf(text), text, retryAfterS });
      });
      response.on('aborted', () => reject(new Error('The answer was cut short.')));
    });
    asked.end(sent);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
