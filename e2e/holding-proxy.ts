/** A proxy that keeps each piece of an answer for a while, as one does that gathers what it passes on. */
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HoldingProxy {
  url: string;
  /** How long it keeps a piece of a stream, from the next one on; an answer that is over it passes on at once. */
  holdMs: number;
  /** How long it keeps every other answer. */
  answerMs: number;
  close(): void;
}

export async function holdingProxy(target: string, holdMs = 0, answerMs = 0): Promise<HoldingProxy> {
  const server = createServer((asked, reply) => {
    const { method, headers, url = '/' } = asked;
    const onward = forward(new URL(url, target), { method, headers });
    asked.pipe(onward);
    onward.on('error', () => reply.destroy());
    reply.on('close', () => onward.destroy());
    onward.on('response', (answer) => {
      const isStream = answer.headers['content-type']?.startsWith('text/event-stream');
      const pieces: Buffer[] = [];
      const pass = () => {
        if (!reply.headersSent) reply.writeHead(answer.statusCode ?? 502, answer.headers);
        const piece = pieces.shift();
        if (piece) reply.write(piece);
      };
      answer.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if (isStream) setTimeout(pass, proxy.holdMs);
      });
      answer.on('end', () =>
        setTimeout(() => {
          do pass();
          while (pieces.length);
          reply.end();
        }, proxy.answerMs),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: HoldingProxy = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    holdMs,
    answerMs,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}
