/** The server behind the edge of the benchmark, which costs nobody's figure. */
import { startFakeServer } from '../../../edge/test/fake-server.ts';

export interface Backing {
  url: string;
  /** The edge's key. */
  key: string;
  /** Of one member, for all readers. */
  token: string;
}

const server = await startFakeServer();
const backing: Backing = { url: server.url, key: server.edgeKey, token: await server.token('ada') };
process.send?.(backing);
// The edge is gone, however it went.
process.once('disconnect', () => process.exit());
