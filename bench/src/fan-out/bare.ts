/** The yardstick: `node:http`, one shared buffer per event, a loop of writes. Nothing a chat needs, so nothing to pay for. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeFrame, formatCursor } from '@payload-chat/protocol';
import { obey } from './order.ts';
import { benchEpoch, sampleEvent } from './sample-event.ts';

const readers = new Set<ServerResponse>();
const server = createServer((_request, response) => {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
  });
  response.write(encodeFrame({ event: 'hello', data: {} }));
  readers.add(response);
  response.on('close', () => readers.delete(response));
});
server.listen(0, '127.0.0.1', 16_384, () =>
  process.send?.({ is: 'listening', port: (server.address() as AddressInfo).port }),
);

obey(
  (pos) => {
    const frame = encodeFrame({ id: formatCursor(benchEpoch, pos), data: sampleEvent(pos) });
    for (const reader of readers) reader.write(frame);
  },
  () => readers.size,
);
