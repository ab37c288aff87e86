/** What an edge promises beside the streams, as one suite for the Node edge and the Worker edge. */
import { request } from 'node:http';
import { pathOf } from '@payload-chat/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hopOver, pageOrigin } from './fake-hop.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { type Hop, readersOf, type Seat, seatAt, until } from './hop.ts';
import { closeStreams, openStream } from './stream-reader.ts';

export interface RunningEdge {
  url: string;
  close(): Promise<void>;
}

/** Starts an edge with these variables beside what every edge needs; `script` is what it serves as `chat.js` and `chat-more.js`. */
export type StartEdge = (variables: Record<string, string>) => Promise<RunningEdge>;

export function edgeContract(name: string, start: StartEdge, script: string): void {
  describe(name, { timeout: 20_000 }, () => {
    let server: FakeServer;
    let edge: RunningEdge;
    let ada: Seat;
    let bo: Seat;
    let direct: string;
    let hop: Hop;

    beforeAll(async () => {
      server = await startFakeServer();
      const variables = { CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey };
      edge = await start({ ...variables, CHAT_PING_MS: '500', CHAT_LINGER_MS: '300' });
      hop = hopOver(server, edge.url, async () => {});
      [ada, bo] = await Promise.all([seatAt(hop, 'ada'), seatAt(hop, 'bo')]);
      direct = (await ada.post({ receiver: bo.user }, 'first')).thread;
    }, 90_000);
    afterEach(closeStreams);
    afterAll(async () => {
      await edge?.close();
      await server?.stop();
    }, 30_000);

    /** The last request that the server had for this path. */
    const asked = (path: string) => {
      const found = server.asked.findLast((one) => one.path === path);
      if (!found) throw new Error(`nobody asked the server for ${path}`);
      return found;
    };

    describe('forwards', () => {
      it('a client’s request without cookies, overrides and X-Chat-* of his own, and vouches for his address', async () => {
        const path = pathOf('send');
        const response = await fetch(`${edge.url}${path}?depth=0`, {
          method: 'POST',
          headers: {
            Authorization: `Bearer ${ada.token}`,
            'Content-Type': 'application/json',
            Cookie: 'payload-token=stolen',
            'X-Chat-Edge': 'forged',
            'X-Chat-Client': '6.6.6.6',
            'X-Forwarded-For': '6.6.6.6',
            'X-HTTP-Method-Override': 'DELETE',
            'X-Payload-HTTP-Method-Override': 'GET',
            'X-Anything': 'else',
          },
          body: JSON.stringify({ thread: direct, content: 'hello' }),
        });
        expect(response.status).toBe(201);
        expect(await response.json()).toMatchObject({ doc: { content: 'hello' } });
        const { headers, body } = asked(path);
        expect(JSON.parse(body)).toEqual({ thread: direct, content: 'hello' });
        expect(headers.authorization).toBe(`Bearer ${ada.token}`);
        expect(headers['x-chat-edge']).toBe(server.edgeKey);
        expect(headers['x-chat-client']).toMatch(/^(127\.0\.0\.1|::1)$/);
        for (const dropped of [
          'cookie',
          'x-forwarded-for',
          'x-http-method-override',
          'x-payload-http-method-override',
          'x-anything',
        ])
          expect(headers[dropped], dropped).toBeUndefined();
      });

      it('the answer without the server’s cookies and CORS; with its status, body and Retry-After', async () => {
        const undo = server.intercept(pathOf('threads'), (response) => {
          response.setHeader('Set-Cookie', 'payload-token=secret');
          response.setHeader('Access-Control-Allow-Origin', 'https://server.example');
          response.setHeader('Access-Control-Allow-Credentials', 'true');
          response.setHeader('X-Powered-By', 'Next.js, Payload');
          response.writeHead(429, { 'Content-Type': 'application/json', 'Retry-After': '7' });
          response.end('{"errors":[{"code":"rate-limited","message":"A little slower, please."}]}');
        });
        const response = await fetch(edge.url + pathOf('threads'), { headers: { Origin: pageOrigin } });
        undo();
        expect(response.status).toBe(429);
        expect(await response.json()).toEqual({
          errors: [{ code: 'rate-limited', message: 'A little slower, please.' }],
        });
        expect(response.headers.get('Retry-After')).toBe('7');
        expect(response.headers.get('Set-Cookie')).toBeNull();
        expect(response.headers.get('X-Powered-By')).toBeNull();
        expect(response.headers.get('Access-Control-Allow-Origin')).toBe(pageOrigin);
        expect(response.headers.get('Access-Control-Allow-Credentials')).toBeNull();
        expect(response.headers.get('Access-Control-Expose-Headers')).toBe('Retry-After');
        expect(response.headers.get('Vary')).toBe('Origin');
        expect(response.headers.get('Cache-Control')).toBe('no-store');
      });

      it('nothing but the routes of the wire, methods included', async () => {
        const count = server.asked.length;
        for (const [method, path] of [
          ['POST', '/api/users/login'],
          ['GET', '/api/users/me'],
          ['POST', '/api/chat/grant'],
          ['GET', '/api/messages'],
          ['PUT', '/api/messages/m1'],
          ['GET', '/api/messages/m1'],
          ['POST', '/api/messages/sse'],
          ['HEAD', '/api/messages/sse'],
          ['GET', '/api/chat/session'],
          ['POST', '/api/graphql'],
          ['GET', '/admin'],
          ['GET', '/'],
          ['GET', '/other.js'],
          ['GET', '/api/chat/threads/'],
          ['GET', `/api/messages/sse?topic=*&site=halden`],
        ] as const) {
          const headers = { Authorization: `Bearer ${ada.token}`, 'X-Chat-Edge': server.edgeKey, Origin: pageOrigin };
          const response = await fetch(edge.url + path, { method, headers });
          expect(`${method} ${path}: ${response.status}`).toBe(`${method} ${path}: 404`);
          expect(response.headers.get('Access-Control-Allow-Origin')).toBe(pageOrigin);
          if (method !== 'HEAD') expect(await response.json()).toMatchObject({ errors: [{ code: 'not-found' }] });
        }
        expect(server.asked.length).toBe(count);
      });

      it('no path that would be another one at the server', async () => {
        const count = server.asked.length;
        for (const path of [
          '/api/messages/..%2fusers',
          '/api/messages/%2e%2e',
          '/api/messages/a%2Fb',
          '/api/messages/..%5Cusers',
          '/api/messages/%zz',
          '/api/messages/a%00b',
          '/api/messages/a%3Fb',
          '/api/chat/threads/../../users/snapshot',
          '/api/messages/..;/users',
          '/api/messages/%2e%2e/users',
          '/api/messages/m1/../../users',
          '/api/messages/..%c0%afusers',
          '/api/messages/x%252f..%252fusers',
          '/api/messages/m1%20',
          '/api/messages/%0d%0aX-Chat-Edge:1',
          '//api/messages/m1',
          '/api//messages/m1',
          '/API/messages/m1',
          '/api/messages/',
          '/api/chat/%67rant',
          '/%61pi/users/login',
          'http://elsewhere.example/api/users',
          '/chat.js/../other.js',
          '/chat.js%00',
        ])
          for (const method of ['DELETE', 'POST'])
            expect(`${path}: ${await rawStatus(edge.url, method, path, ada.token)}`).toMatch(/: (400|404)$/);
        expect(server.asked.length).toBe(count);
      });

      it('no method that is not listed, and nothing of a head as long as a book', async () => {
        const count = server.asked.length;
        for (const method of ['PUT', 'TRACE', 'PROPFIND', 'LINK', 'SEARCH'])
          expect(`${method}: ${await rawStatus(edge.url, method, '/api/messages/m1', ada.token)}`).toMatch(
            /: [45]\d\d$/,
          );
        const long = Object.fromEntries(Array.from({ length: 100 }, (_, nth) => [`X-Long-${nth}`, 'x'.repeat(5000)]));
        // Refused or answered, as the runtime likes: nothing of it goes on.
        await rawStatus(edge.url, 'GET', pathOf('threads'), ada.token, long).catch(() => undefined);
        expect(server.asked.slice(count).every(({ headers }) => headers['x-long-1'] === undefined)).toBe(true);
        expect((await fetch(edge.url + pathOf('health'))).status).toBe(200);
      });

      it('no body above 64 KiB: 413, whether its length was told or not', async () => {
        const count = server.asked.length;
        const post = (body: RequestInit['body']) =>
          fetch(edge.url + pathOf('send'), {
            method: 'POST',
            headers: { Authorization: `Bearer ${ada.token}`, 'Content-Type': 'application/json', Origin: pageOrigin },
            body: body ?? null,
            ...({ duplex: 'half' } as object),
          });
        const chunk = new TextEncoder().encode('x'.repeat(8192));
        const endless = new ReadableStream<Uint8Array>({
          start(controller) {
            for (let sent = 0; sent < 10; sent += 1) controller.enqueue(chunk);
            controller.close();
          },
        });
        for (const body of [JSON.stringify({ content: 'x'.repeat(70_000) }), endless]) {
          const response = await post(body);
          expect(response.status).toBe(413);
          expect(await response.json()).toMatchObject({ errors: [{ code: 'too-large' }] });
          expect(response.headers.get('Access-Control-Allow-Origin')).toBe(pageOrigin);
        }
        expect(server.asked.length).toBe(count);
      });

      it('with 429 and 503 always a time to come back, where whoever stands in front of the server names none', async () => {
        const json = '{"errors":[{"code":"rate-limited","message":"A little slower, please."}]}';
        for (const [status, type, body] of [
          [429, 'application/json', json],
          [503, 'application/json', json.replace('rate-limited', 'unavailable')],
          [429, 'text/html', '<html>too many</html>'],
          [503, 'text/html', '<html>away</html>'],
        ] as const) {
          const undo = server.intercept(pathOf('threads'), (response) => {
            response.writeHead(status, { 'Content-Type': type }).end(body);
          });
          const response = await fetch(edge.url + pathOf('threads'));
          undo();
          expect([response.status, type, response.headers.get('Retry-After')]).toEqual([status, type, '2']);
        }
      });

      it('what is not the server’s own answer as 503 unreachable, and a page’s 404 as ours', async () => {
        const answers: Array<[number, string, number, string]> = [
          [502, 'text/html', 503, 'unreachable'],
          [200, 'text/html', 503, 'unreachable'],
          [302, 'text/html', 503, 'unreachable'],
          [404, 'text/html', 404, 'not-found'],
        ];
        for (const [status, type, told, code] of answers) {
          const undo = server.intercept(pathOf('threads'), (response) => {
            response.writeHead(status, { 'Content-Type': type, Location: 'https://elsewhere.example/' });
            response.end('<html>secret details</html>');
          });
          const response = await fetch(edge.url + pathOf('threads'));
          undo();
          expect(response.status).toBe(told);
          const text = await response.text();
          expect(JSON.parse(text)).toMatchObject({ errors: [{ code }] });
          expect(text).not.toContain('secret');
          if (told === 503) expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
        }
      });
    });

    describe('asks the server once', () => {
      const guest = (room = 'lobby', origin = pageOrigin, more: object = {}) =>
        fetch(edge.url + pathOf('session'), {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Origin: origin },
          body: JSON.stringify({ site: 'halden', room, ...more }),
        });

      it('for the session of all guests of a room and page', async () => {
        const before = server.count('POST', pathOf('session'));
        const answers = await Promise.all(Array.from({ length: 10 }, () => guest()));
        const tokens = await Promise.all(
          answers.map(async (answer) => ((await answer.json()) as { token: string }).token),
        );
        expect(new Set(tokens).size).toBe(1);
        expect(answers[0]?.headers.get('Access-Control-Allow-Origin')).toBe(pageOrigin);
        expect(server.count('POST', pathOf('session'))).toBe(before + 1);
        await guest('lobby', 'https://other.example');
        expect((await guest('no-such-room')).status).toBe(404);
        expect((await guest('no-such-room')).status).toBe(404);
        await guest('lobby', pageOrigin, { visitor: 'handle' });
        expect(server.count('POST', pathOf('session'))).toBe(before + 5);
      });

      it('for a public room, however many guests and members open it at once', async () => {
        const { token } = (await (await guest()).json()) as { token: string };
        const before = server.count('POST', pathOf('grant'));
        const open = { query: 'topic=room:lobby&rewind=5' };
        const streams = await Promise.all([
          ...Array.from({ length: 10 }, () => openStream(edge.url, { ...open, token, origin: pageOrigin })),
          ada.stream(open),
          bo.stream(open),
        ]);
        await Promise.all(streams.map((stream) => stream.next('ready')));
        expect(server.count('POST', pathOf('grant'))).toBe(before + 1);
        expect(server.count('GET', /snapshot$/)).toBeLessThanOrEqual(1);
        // A guest reads the room that his token names, and no other thread.
        expect(
          (await openStream(edge.url, { query: `topic=thread:${direct}`, token, origin: pageOrigin })).status,
        ).toBe(404);
      });

      it('for the snapshot of a public room in 2 s; not for a private one', async () => {
        const snapshot = (seat: Seat, id: string) => seat.call('GET', pathOf('snapshot', { id }));
        await (await ada.stream({ query: 'topic=room:lobby' })).next('ready');
        const count = () => server.count('GET', /snapshot$/);
        const before = count();
        const answers = await Promise.all([ada, bo, ada, bo].map((seat) => snapshot(seat, 'room:lobby')));
        expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
        expect(count()).toBeLessThanOrEqual(before + 1);
        await snapshot(ada, server.site.room('lobby')?.thread.id ?? '');
        expect(count()).toBeLessThanOrEqual(before + 1);
        const held = count();
        await Promise.all([snapshot(ada, direct), snapshot(bo, direct)]);
        expect(count()).toBe(held + 2);
        expect((await snapshot(ada, 'room:no-such-room')).status).toBe(404);
      });

      it('[I16] and again as soon as a message of the room was edited or deleted', async () => {
        const stream = await ada.stream({ query: 'topic=room:lobby' });
        await stream.next('ready');
        const message = await ada.post({ room: 'lobby' }, 'regretted words');
        await stream.next('message');
        const read = async () => JSON.stringify((await bo.call('GET', pathOf('snapshot', { id: 'room:lobby' }))).body);
        await until('the message is in the snapshot', async () => (await read()).includes('regretted'));
        await ada.call('DELETE', pathOf('remove', { id: message.id }));
        await stream.next('message');
        expect(await read()).not.toContain('regretted');
      });

      it('[I12] for nothing at all, when a hundred readers come back at once from where they were', async () => {
        const { cursor } = await ada.snapshot(direct);
        await (await ada.stream({ lastEventId: cursor })).next('ready');
        closeStreams();
        const before = server.asked.length;
        const streams = await Promise.all(
          Array.from({ length: 100 }, (_, nth) => (nth % 2 ? ada : bo).stream({ lastEventId: cursor })),
        );
        await Promise.all(streams.map((stream) => stream.next('ready')));
        expect(server.asked.length).toBe(before);
      });

      it('for its keys, whatever comes signed with an unknown one', async () => {
        const before = server.count('GET', pathOf('jwks'));
        const [header = '', claims, signature] = ada.token.split('.');
        const forged = { ...(JSON.parse(atob(header)) as object), kid: 'unknown' };
        const token = `${btoa(JSON.stringify(forged)).replace(/=+$/, '')}.${claims}.${signature}`;
        for (let sent = 0; sent < 10; sent += 1) expect((await openStream(edge.url, { token })).status).toBe(401);
        expect(server.count('GET', pathOf('jwks'))).toBeLessThanOrEqual(before + 2);
      });
    });

    describe('serves', () => {
      it.each(['chat.js', 'chat-more.js'])('%s to any page, and again only if it changed', async (file) => {
        const response = await fetch(`${edge.url}/${file}?of-a-build`, { headers: { Origin: pageOrigin } });
        expect(response.status).toBe(200);
        expect(await response.text()).toBe(script);
        expect(response.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
        expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
        expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
        expect(response.headers.get('Cache-Control')).toBe('public, max-age=300');
        const etag = response.headers.get('ETag') ?? '';
        expect(etag).toMatch(/^(W\/)?"[^"]+"$/);
        const again = await fetch(`${edge.url}/${file}?of-a-build`, { headers: { 'If-None-Match': etag } });
        expect(again.status).toBe(304);
        expect((await fetch(`${edge.url}/${file}?of-a-build`, { method: 'HEAD' })).status).toBe(200);
      });

      it('every answer with the headers that keep it from being taken for something else', async () => {
        const stream = await ada.stream();
        const ask = (path: string, init: RequestInit = {}) =>
          fetch(edge.url + path, init).then(({ headers }) => headers);
        const answers: Record<string, Headers> = {
          stream: stream.headers,
          refusal: (await openStream(edge.url, {})).headers,
          forwarded: await ask(pathOf('threads'), { headers: { Authorization: `Bearer ${ada.token}` } }),
          unknown: await ask('/nothing'),
          health: await ask(pathOf('health')),
          preflight: await ask(pathOf('send'), { method: 'OPTIONS', headers: { Origin: pageOrigin } }),
        };
        for (const [what, headers] of Object.entries(answers)) {
          expect(headers.get('X-Content-Type-Options'), what).toBe('nosniff');
          expect(headers.get('Referrer-Policy'), what).toBe('no-referrer');
          expect(headers.get('Content-Security-Policy'), what).toBe("default-src 'none'; frame-ancestors 'none'");
          expect(headers.get('X-Powered-By'), what).toBeNull();
        }
        const script = await ask('/chat.js');
        // A page that is isolated (COEP) may load it.
        expect(script.get('Cross-Origin-Resource-Policy')).toBe('cross-origin');
        expect(script.get('X-Content-Type-Options')).toBe('nosniff');
        expect(script.get('Referrer-Policy')).toBe('no-referrer');
      });

      it('health while the server is well', async () => {
        const response = await fetch(edge.url + pathOf('health'));
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({ status: 'ok' });
      });

      it('metrics to whoever has the key', async () => {
        await (await ada.stream()).next('ready');
        const url = edge.url + pathOf('metrics');
        expect((await fetch(url)).status).toBe(401);
        expect((await fetch(url, { headers: { 'X-Chat-Edge': 'wrong' } })).status).toBe(401);
        const response = await fetch(url, { headers: { 'X-Chat-Edge': server.edgeKey } });
        expect(response.headers.get('Content-Type')).toContain('text/plain; version=0.0.4');
        expect(await response.text()).toContain('chat_hub_upstreams{site="halden"} 1\n');
        await until('one reader is counted', async () => (await readersOf(hop)) === 1);
      });
    });

    describe('listens', () => {
      it('to the server once for all readers, until a while after the last has gone', async () => {
        await until('the hubs of earlier tests are closed', () => server.site.hub.readers === 0);
        const streams = await Promise.all(Array.from({ length: 5 }, () => ada.stream()));
        await Promise.all(streams.map((stream) => stream.next('ready')));
        expect(server.site.hub.readers).toBe(1);
        closeStreams();
        await until('the server is left alone', () => server.site.hub.readers === 0, 15_000);
      });

      it('[S7] and lets nobody hear what was said after he left, though the edge knew him as let in', async () => {
        const { thread } = await bo.post({ receiver: ada.user }, 'still together');
        const query = `topic=thread:${thread}`;
        const [stream, room] = [await ada.stream({ query }), server.site.thread(thread)];
        await stream.next('ready');
        if (!room) throw new Error('no thread');
        server.site.leave(room, ada.user);
        // A page that has read further than this edge: what puts it out lies before its cursor.
        const ahead = `${server.site.epoch}.${server.site.head + 1}`;
        const late = ada.stream({ query, lastEventId: ahead });
        server.site.post(room, server.site.user(bo.user), 'without ada');
        server.site.post(room, server.site.user(bo.user), 'quite without ada');
        await stream.next('bye');
        const opened = await late;
        if (opened.status === 200) await opened.ended();
        expect(JSON.stringify([stream.frames, opened.frames])).not.toContain('without ada');
        expect((await ada.stream({ query })).status).toBe(404);
        server.site.join(room, server.site.user(ada.user));
        await until('the edge lets ada in again', async () => (await ada.stream({ query })).status === 200);
      });

      it('[S7] nor what is said in a room that is public no longer', async () => {
        const lobby = server.site.room('lobby');
        if (!lobby) throw new Error('no lobby');
        const stream = await ada.stream({ query: 'topic=room:lobby' });
        await stream.next('ready');
        server.site.publish(lobby, false);
        server.site.post(lobby, server.site.user(bo.user), 'among us');
        expect((await stream.next('bye')).data).toMatchObject({ reason: 'revoked' });
        expect(JSON.stringify(stream.frames)).not.toContain('among us');
        expect((await bo.call('GET', pathOf('snapshot', { id: 'room:lobby' }))).status).toBe(404);
        server.site.publish(lobby, true);
        await until(
          'the edge hears of it',
          async () => (await ada.stream({ query: 'topic=room:lobby' })).status === 200,
        );
      });

      it('[S10] and goes on for those who stay when the one who came first has left', async () => {
        await until('the hubs of earlier tests are closed', () => server.site.hub.readers === 0, 15_000);
        const first = await ada.stream();
        await first.next('ready');
        const second = await bo.stream();
        await second.next('ready');
        first.close();
        for (let beat = 0; beat < 4; beat += 1) await second.next('ping');
        await ada.post({ thread: direct }, 'still heard');
        expect((await second.next('message')).data).toMatchObject({ message: { content: 'still heard' } });
      });

      it('[S6] and keeps its readers while the server is away; what was said then arrives, once', async () => {
        await until('the hubs of earlier tests are closed', () => server.site.hub.readers === 0, 15_000);
        const first = await ada.stream();
        await first.next('ready');
        const stream = await bo.stream();
        await stream.next('ready');
        first.close();
        await server.stop();
        const refused = await fetch(edge.url + pathOf('threads'), { headers: { Origin: pageOrigin } });
        expect(refused.status).toBe(503);
        expect(await refused.json()).toMatchObject({ errors: [{ code: 'unreachable' }] });
        expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
        expect(refused.headers.get('Access-Control-Allow-Origin')).toBe(pageOrigin);
        await until('health says so', async () => {
          const response = await fetch(edge.url + pathOf('health'));
          return (
            response.status === 503 && ((await response.json()) as { missing: string[] }).missing.includes('server')
          );
        });
        const room = server.site.thread(direct);
        if (!room) throw new Error('no thread');
        server.site.post(room, server.site.user(ada.user), 'while nobody listened');
        await stream.next('ping');
        // Whoever comes now is served from the ring.
        await (await ada.stream()).next('ready');
        await server.start();
        expect((await stream.next('message', 10_000)).data).toMatchObject({
          message: { content: 'while nobody listened' },
        });
        await ada.post({ thread: direct }, 'all together again');
        await stream.next('message');
        expect(
          stream.frames.filter(({ event }) => event === 'message' || event === 'reset' || event === 'bye'),
        ).toHaveLength(2);
      });

      it('[S4] and sends them for a snapshot when the log is another one', async () => {
        const stream = await bo.stream();
        await stream.next('ready');
        await server.stop();
        server.site.renew('bbbbbbbbbbbb');
        await server.start();
        expect((await stream.next('reset', 10_000)).data).toMatchObject({ reason: 'epoch' });
        await stream.ended();
        const again = await bo.stream();
        expect((await again.next('hello')).data).toMatchObject({ epoch: 'bbbbbbbbbbbb' });
        await again.next('ready');
        await ada.post({ thread: direct }, 'in the new log');
        expect((await again.next('message')).data).toMatchObject({ message: { content: 'in the new log' } });
      });
    });

    describe('without what it needs', () => {
      it('says so: 503 misconfigured to everybody, and in its health which variable it is', async () => {
        const bare = await start({ CHAT_REPLICAS: 'many', CHAT_BASE_PATH: '/in/front' });
        try {
          const health = await fetch(bare.url + pathOf('health'));
          expect(health.status).toBe(503);
          const told = (await health.json()) as { status: string; missing: string[] };
          expect(told.status).toBe('misconfigured');
          expect(told.missing.sort()).toEqual(['CHAT_EDGE_KEY', 'CHAT_REPLICAS', 'CHAT_SERVER_URL']);
          for (const path of [pathOf('session'), pathOf('send'), pathOf('ticket')]) {
            const response = await fetch(bare.url + path, {
              method: 'POST',
              headers: { Origin: pageOrigin },
              body: '{}',
            });
            expect(response.status).toBe(503);
            expect(await response.json()).toMatchObject({ errors: [{ code: 'misconfigured' }] });
            expect(response.headers.get('Access-Control-Allow-Origin')).toBe(pageOrigin);
          }
          expect((await openStream(bare.url, { token: ada.token })).status).toBe(503);
          expect((await fetch(bare.url + pathOf('metrics'))).status).toBe(503);
          // A path in front belongs to every address; the script needs no server.
          expect((await fetch(`${bare.url}/chat.js`)).status).toBe(200);
          expect((await fetch(new URL(pathOf('health'), bare.url))).status).toBe(404);
        } finally {
          await bare.close();
        }
      }, 60_000);

      it('never tells a reader that his token is bad because its own key is: he hears on when that is good again', async () => {
        const room = server.site.thread(direct);
        if (!room) throw new Error('no thread');
        const stream = await bo.stream({ query: `topic=thread:${direct}` });
        await stream.next('ready');
        server.edgeKeys.delete(server.edgeKey);
        try {
          // Who may listen is asked anew, and the server doesn't know who asks.
          server.site.publish(room, false);
          server.site.post(room, server.site.user(ada.user), 'while the key was changed');
          await until('a new reader is turned away', async () => {
            const refused = await ada.stream({ query: `topic=thread:${direct}` });
            if (refused.status === 200) return false;
            expect(refused.status).toBe(503);
            expect(JSON.parse(refused.body)).toMatchObject({ errors: [{ code: 'misconfigured' }] });
            expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
            expect(refused.headers.get('WWW-Authenticate')).toBeNull();
            expect(refused.body).not.toContain('KEY');
            return true;
          });
          await until('health names the key', async () => {
            const health = (await (await fetch(edge.url + pathOf('health'))).json()) as { missing?: string[] };
            return health.missing?.[0] === 'CHAT_EDGE_KEY';
          });
          // What needs no edge goes on.
          expect((await ada.call('GET', pathOf('snapshot', { id: direct }))).status).toBe(200);
          expect(JSON.stringify(stream.frames)).not.toMatch(/"bye"|while the key/);
        } finally {
          server.edgeKeys.add(server.edgeKey);
        }
        expect((await stream.next('message', 10_000)).data).toMatchObject({ type: 'thread.updated' });
        expect((await stream.next('message')).data).toMatchObject({
          message: { content: 'while the key was changed' },
        });
      });

      it('goes over to another key without a word to anybody, while the server takes both', async () => {
        server.edgeKeys.add('the-next-key-of-this-server');
        const next = await start({ CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: 'the-next-key-of-this-server' });
        try {
          const query = `topic=thread:${direct}`;
          const streams = await Promise.all(
            [edge.url, next.url].map((url) => openStream(url, { token: bo.token, query })),
          );
          for (const each of streams) await each.next('ready');
          await ada.post({ thread: direct }, 'with either key');
          for (const each of streams)
            expect((await each.next('message')).data).toMatchObject({ message: { content: 'with either key' } });
          expect((await fetch(next.url + pathOf('health'))).status).toBe(200);
        } finally {
          server.edgeKeys.delete('the-next-key-of-this-server');
          await next.close();
        }
      }, 60_000);

      it('names a key that the server refuses', async () => {
        const stranger = await start({ CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: 'not-one-of-yours' });
        try {
          for (const status of [401, 403, 404]) {
            const undo = server.intercept(pathOf('jwks'), (response) => void response.writeHead(status).end());
            const gated = await openStream(stranger.url, { token: ada.token });
            undo();
            // A gate in front of the server says nothing of a token.
            expect([gated.status, gated.body]).toEqual([503, expect.stringContaining('"unreachable"')]);
          }
          const health = await fetch(stranger.url + pathOf('health'));
          expect(health.status).toBe(503);
          expect(await health.json()).toMatchObject({ status: 'misconfigured', missing: ['CHAT_EDGE_KEY'] });
          const stream = await openStream(stranger.url, { token: ada.token });
          expect(stream.status).toBe(503);
          expect(JSON.parse(stream.body)).toMatchObject({ errors: [{ code: 'misconfigured' }] });
          expect(
            await readersOf({ ...hopOver(server, stranger.url, async () => {}), edgeKey: 'not-one-of-yours' }),
          ).toBe(0);
        } finally {
          await stranger.close();
        }
      }, 60_000);
    });
  });
}

/** Sends a path as it stands, which fetch would tidy first. */
function rawStatus(
  base: string,
  method: string,
  path: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const { hostname, port, pathname } = new URL(base);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path: path.startsWith('/') ? pathname.replace(/\/$/, '') + path : path,
        headers: { ...headers, Authorization: `Bearer ${token}` },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
