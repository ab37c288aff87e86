/** Many readers in one process: plain sockets that count what they are sent. Its own CPU is nobody's figure. */
import { connect, type Socket } from 'node:net';

const [port = '', count = '', path = '/', token = ''] = process.argv.slice(2);
const authorization = token ? `Authorization: Bearer ${token}\r\n` : '';
const sockets: Socket[] = [];
let bytes = 0;
let frames = 0;
let opened = 0;
/** Marks the begin of a durable event. */
const mark = Buffer.from('\nid: 0123456789ab.');

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let greeted = false;
    socket.once('connect', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n${authorization}\r\n`),
    );
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (!greeted) {
        greeted = true;
        if (!chunk.includes(' 200 ')) return reject(new Error(chunk.toString('utf8', 0, 400)));
        opened += 1;
        resolve();
      }
      for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + 1)) frames += 1;
    });
    socket.once('error', reject);
    sockets.push(socket);
  });
}

for (let begun = 0; begun < Number(count); begun += 100)
  await Promise.all(Array.from({ length: Math.min(100, Number(count) - begun) }, open));
process.send?.({ is: 'open', readers: opened });
process.on('message', () => process.send?.({ is: 'count', frames, bytes }));
