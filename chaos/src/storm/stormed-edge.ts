/** The edge that a storm passes over: it can be killed with all its readers, and is there again. */
import { startBareWorker } from '../../../scripts/bare-worker.mjs';
import type { House } from '../house/house.ts';
import { type Needs, needsOf, needsOfProcess } from '../house/process-table.ts';

export const edgeNames = ['node', 'worker'] as const;
export type EdgeName = (typeof edgeNames)[number];

export interface StormedEdge {
  /** Another one after each death of a Worker; before it is back, the old one, where nobody answers. */
  readonly url: string;
  needs(): Needs | undefined;
  /** By SIGKILL. */
  kill(): Promise<void>;
  /** Waits until it is back. */
  again(): Promise<void>;
  close(): Promise<void>;
}

/** `env` is what the house's own edges were given. The Worker runs in workerd alone, as it deploys. */
export function stormedEdge(house: House, name: EdgeName, env: Record<string, string>): Promise<StormedEdge> {
  return name === 'worker' ? workerOf(house, env) : Promise.resolve(nodeOf(house));
}

function nodeOf(house: House): StormedEdge {
  return {
    url: house.directUrlOf('node'),
    needs: () => needsOf(house.pid('node') ?? 0).find(({ command }) => command.includes('node.ts')),
    kill: () => house.kill('node'),
    again: () => house.ready('node'),
    close: async () => {},
  };
}

async function workerOf(house: House, env: Record<string, string>): Promise<StormedEdge> {
  const start = () =>
    startBareWorker({
      CHAT_SERVER_URL: `http://127.0.0.1:${house.lines.fromWorker.port}`,
      CHAT_EDGE_KEY: house.edgeKeys.current,
      ...env,
    });
  let worker = await start();
  return {
    get url() {
      return worker.url;
    },
    needs: () => needsOfProcess(worker.pid),
    kill: () => worker.close(),
    async again() {
      worker = await start();
    },
    close: () => worker.close(),
  };
}
