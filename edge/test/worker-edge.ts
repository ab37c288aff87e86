/** The Worker in workerd, by the wrangler.toml that deploys. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { unstable_startWorker } from 'wrangler';

export interface WorkerEdge {
  url: string;
  close(): Promise<void>;
}

/** The script that this Worker serves in place of the elements' build. */
export const scriptText = 'export const chat = "here";\n';

/** A release of workerd beside the one that wrangler brings. */
export interface Runtime {
  /** Its program. */
  path: string;
  /** The newest compatibility date that it knows. */
  compatibilityDate: string;
}

export async function startWorkerEdge(variables: Record<string, string>, runtime?: Runtime): Promise<WorkerEdge> {
  if (runtime) process.env.MINIFLARE_WORKERD_PATH = runtime.path;
  // Asking Cloudflare for a description of this machine, telling it what was done, and tracing each request into a
  // database are not part of a test.
  Object.assign(process.env, {
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_SEND_METRICS: 'false',
    X_LOCAL_OBSERVABILITY: 'false',
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'chat-edge-'));
  for (const file of ['chat.js', 'chat-more.js']) await writeFile(path.join(folder, file), scriptText);
  await writeFile(path.join(folder, 'other.js'), 'not for you');
  const worker = await unstable_startWorker({
    config: fileURLToPath(new URL('../../wrangler.toml', import.meta.url)),
    assets: folder,
    ...(runtime ? { compatibilityDate: runtime.compatibilityDate } : {}),
    bindings: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, { type: 'plain_text' as const, value }]),
    ),
    dev: {
      server: { hostname: '127.0.0.1', port: 0 },
      inspector: false,
      persist: false,
      watch: false,
      logLevel: 'error',
    },
  });
  await worker.ready;
  const { origin } = await worker.url;
  return {
    url: origin + (variables.CHAT_BASE_PATH ?? ''),
    async close() {
      await worker.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
