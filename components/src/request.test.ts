import { object, text } from '@payload-chat/protocol';
import { describe, expect, test, vi } from 'vitest';
import { createRequest } from './request.ts';

const named = object({ name: text(1) });

function answering(answer: () => Promise<Response> | Response) {
  const fetch = vi.fn(async (_input: RequestInfo | URL, _init?: RequestInit) => answer());
  const life = new AbortController();
  return {
    fetch,
    life,
    request: createRequest('https://edge.test/chat', fetch as typeof globalThis.fetch, life.signal),
  };
}

describe('a request', () => {
  test('goes to the edge with its token and body, and answers what a parser believed', async () => {
    const { fetch, request } = answering(() => Response.json({ name: 'Ana', more: 1 }));
    expect(await request(named, 'messages', { body: { content: 'Hi' }, token: 't' })).toEqual({ name: 'Ana' });
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe('https://edge.test/chat/api/messages');
    expect(init).toMatchObject({
      method: 'POST',
      headers: { Authorization: 'Bearer t', 'Content-Type': 'application/json' },
      body: '{"content":"Hi"}',
    });
  });

  test('without a body is a GET that names no content', async () => {
    const { fetch, request } = answering(() => Response.json({ name: 'Ana' }));
    await request(named, 'chat/threads');
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ method: 'GET', headers: {} });
    expect(fetch.mock.calls[0]?.[1]).not.toHaveProperty('body');
  });

  test('that is refused rejects with the hop’s code, words and wish', async () => {
    const body = { errors: [{ code: 'rate-limited', message: 'A little slower, please.' }] };
    const { request } = answering(() => Response.json(body, { status: 429, headers: { 'Retry-After': '8' } }));
    await expect(request(named, 'messages')).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterS: 8,
      retry: true,
    });
  });

  test.each([
    ['a network that is down', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a login page of somebody’s network', () => new Response('<html>', { status: 200 })],
    ['an answer of another shape', () => Response.json({ name: 7 })],
    ['a gateway that timed out', () => new Response('', { status: 504 })],
  ])('that met %s can be tried again', async (_name, answer) => {
    const { request } = answering(answer);
    await expect(request(named, 'messages')).rejects.toMatchObject({ code: 'unreachable', retry: true });
  });

  test('ends with its caller’s life, also between answer and reading', async () => {
    const { life, request } = answering(() => Response.json({ name: 'Ana' }));
    const asked = request(named, 'messages');
    life.abort();
    await expect(asked).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('that is not answered in 20 s is given up', async () => {
    const late = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
    const fetch = (_url: unknown, init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    const request = createRequest('', fetch as typeof globalThis.fetch, new AbortController().signal);
    const asked = request(named, 'messages');
    expect(timeout).toHaveBeenCalledWith(20_000);
    late.abort();
    await expect(asked).rejects.toMatchObject({ code: 'unreachable', retry: true });
    timeout.mockRestore();
  });
});
