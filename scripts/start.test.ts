import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from './ports.mjs';
import { temporaryFolder } from './temporary-folder.mjs';

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place.remove());

async function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'start.mjs')], {
    env: { ...process.env, DATA_DIR: path.join(place.folder, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  return { code, errors: errors.trim().split('\n') };
}

test('a busy port gets one line that names it and its variable', async () => {
  const [server, edge, demo, host, postgres] = await freePorts(5);
  const other = net.createServer().listen(edge, '127.0.0.1');
  await once(other, 'listening');
  const env = { SERVER_PORT: server, EDGE_PORT: edge, DEMO_PORT: demo, HOST_PORT: host, POSTGRES_PORT: postgres };
  const { code, errors } = await start(
    Object.fromEntries(Object.entries(env).map(([name, port]) => [name, String(port)])),
  );
  other.close();
  expect(code).toBe(1);
  expect(errors).toEqual([expect.stringMatching(new RegExp(`^Port ${edge} \\(edge\\) is in use.*EDGE_PORT$`))]);
});

test('a data folder that cannot be written gets one line', async () => {
  fs.writeFileSync(path.join(place.folder, 'file'), '');
  const { code, errors } = await start({ DATA_DIR: path.join(place.folder, 'file', 'data') });
  expect(code).toBe(1);
  expect(errors).toEqual([expect.stringMatching(/^The data folder .* can't be written \(ENOTDIR\)/)]);
});

test('a setting that makes no sense gets one line', async () => {
  const { code, errors } = await start({ DEMO_PORT: 'eighty' });
  expect(code).toBe(1);
  expect(errors).toEqual(['DEMO_PORT is "eighty": a port is a number from 1 to 65535']);
});
