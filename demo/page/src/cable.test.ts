import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCable } from './cable.ts';

/** Says "one", then nothing for ever, as a quiet stream does. */
let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((_, response) => void response.writeHead(200).write('one'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('a cut ends what is open in the middle, and everything new is refused as without a network', async () => {
  const cable = createCable(fetch, new EventTarget());
  const heard: string[] = [];
  for (const name of ['offline', 'online']) cable.events.addEventListener(name, () => heard.push(name));
  const reader = (await cable.fetch(url)).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('one');

  const next = reader?.read();
  cable.cut();
  cable.cut();
  await expect(next).rejects.toThrow(TypeError);
  await expect(cable.fetch(url)).rejects.toThrow('The line is cut.');

  cable.mend();
  cable.mend();
  expect(heard).toEqual(['offline', 'online']);
  const again = await cable.fetch(url);
  expect(again.status).toBe(200);
  await again.body?.cancel();
});

test('the caller’s own signal still ends a request', async () => {
  const cable = createCable(fetch, new EventTarget());
  const abort = new AbortController();
  const response = await cable.fetch(url, { signal: abort.signal });
  abort.abort();
  await expect(response.text()).rejects.toThrow(/abort/i);
});

test('what the page hears of its own network is passed on', () => {
  const page = new EventTarget();
  const cable = createCable(fetch, page);
  let heard = 0;
  cable.events.addEventListener('online', () => (heard += 1));
  page.dispatchEvent(new Event('online'));
  expect(heard).toBe(1);
});
