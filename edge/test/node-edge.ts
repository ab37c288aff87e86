/** The Node entry as a process of its own, against a server at a URL. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './hop.ts';

const entry = fileURLToPath(new URL('../src/node.ts', import.meta.url));

export interface NodeEdge {
  url: string;
  /** What it printed so far. */
  output(): string;
  /** Sends a signal; comes back with the exit code and how long it took. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
}

/** `variables` are added to an environment that says nothing of the chat. Comes back when the edge listens. */
export async function startNodeEdge(variables: Record<string, string>): Promise<NodeEdge> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [entry], { env: { PATH, PORT: '0', HOST: '127.0.0.1', ...variables } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text));
  const address = () => /edge (?:is )?at (http\S+)/.exec(printed)?.[1];
  await until('the edge listens', () => child.exitCode !== null || address() !== undefined, 15_000);
  const url = address();
  if (!url) throw new Error(`The edge exited with ${child.exitCode}: ${printed}`);
  return {
    url,
    output: () => printed,
    async stop(signal = 'SIGTERM') {
      const beganMs = Date.now();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'exit');
      }
      return { code: child.exitCode, ms: Date.now() - beganMs };
    },
  };
}
