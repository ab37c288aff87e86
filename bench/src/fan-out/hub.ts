/** The Node hub as the Node edge runs it: protocol's hub over the edge's own sink. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHub } from '@payload-chat/protocol';
import { nodeSink } from '../../../edge/src/node-sink.ts';
import { obey } from './order.ts';
import { benchEpoch, benchTopic, sampleEvent } from './sample-event.ts';

const hub = createHub();
hub.start(benchEpoch, 0);
const server = createServer((_request, response) => {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
  });
  const leave = hub.subscribe({ topics: [benchTopic], sink: nodeSink(response), user: 'v_1', sid: 'bench' });
  response.on('close', leave);
});
server.listen(0, '127.0.0.1', 16_384, () =>
  process.send?.({ is: 'listening', port: (server.address() as AddressInfo).port }),
);

obey(
  (pos) => hub.append(sampleEvent(pos), [benchTopic]),
  () => hub.readers,
);
