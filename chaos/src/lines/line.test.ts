/** A line that does not do what its fault says would prove the house strong against nothing. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { strangers } from '../faults/strangers.ts';
import { ask } from '../people/ask.ts';
import { type Line, openLine } from './line.ts';

let far: Server;
let line: Line;
/** What has arrived beyond the line. */
let heard: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  heard = '';
  far = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      heard += bytes.toString();
      socket.write(`<${bytes}>`);
    });
  });
  far.listen(0, '127.0.0.1');
  await once(far, 'listening');
  line = await openLine('a line', () => [(far.address() as AddressInfo).port]);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await line.close();
  far.close();
});

/** A client: what it has heard, and how it ended. */
async function client() {
  const socket = connect(line.port, '127.0.0.1');
  sockets.push(socket);
  const met = { text: '', end: '' };
  socket.on('data', (bytes) => (met.text += bytes.toString()));
  socket.on('error', (error: NodeJS.ErrnoException) => (met.end = error.code ?? 'error'));
  socket.on('close', () => (met.end ||= 'closed'));
  await expect.poll(() => !socket.connecting || met.end !== '', { message: 'a connection, or its end' }).toBe(true);
  return { socket, met };
}
const says = (met: { text: string }, text: string) =>
  expect.poll(() => met.text, { message: `the answer ${text}`, timeout: 5000 }).toBe(text);
const ends = (met: { end: string }, how = /^(closed|ECONNRESET)$/) =>
  expect.poll(() => met.end, { message: 'the end', timeout: 5000 }).toMatch(how);

test('without a fault bytes go through both ways, and an end is passed on', async () => {
  const { socket, met } = await client();
  socket.write('one');
  await says(met, '<one>');
  expect(line.connections).toBe(1);
  sockets.find((one) => one !== socket)?.end();
  await ends(met);
  await expect.poll(() => line.connections, { message: 'nobody on the line' }).toBe(0);
});

test('a delay delays and keeps the order', async () => {
  const { socket, met } = await client();
  const heal = line.begin({ is: 'delay', ms: 150 });
  const beganMs = performance.now();
  socket.write('one');
  await says(met, '<one>');
  expect(performance.now() - beganMs).toBeGreaterThan(290);
  socket.write('two');
  heal();
  socket.write('three');
  await expect.poll(() => met.text.replaceAll(/[<>]/g, ''), { message: 'both' }).toBe('onetwothree');
});

test('a stall holds everything back until it is over', async () => {
  const { socket, met } = await client();
  const heal = line.begin({ is: 'stall' });
  socket.write('one');
  await client();
  expect(heard).toBe('');
  heal();
  await says(met, '<one>');
});

test('a cut comes at the byte that was chosen, for the next connection a byte later', async () => {
  line.begin({ is: 'cut', afterBytes: 3 });
  const first = await client();
  first.socket.write('12345');
  await says(first.met, '<12');
  await ends(first.met);
  const second = await client();
  second.socket.write('12345');
  await says(second.met, '<123');
  await ends(second.met);
});

test('a reset ends what is open by RST, and what comes next is good', async () => {
  const { socket, met } = await client();
  socket.write('one');
  await says(met, '<one>');
  line.begin({ is: 'reset' });
  await ends(met, /ECONNRESET/);
  const next = await client();
  next.socket.write('two');
  await says(next.met, '<two>');
});

test('half-open connections say nothing and don’t end; new ones are good; mending ends the dead', async () => {
  const { socket, met } = await client();
  const heal = line.begin({ is: 'half-open' });
  socket.write('one');
  const next = await client();
  next.socket.write('two');
  await says(next.met, '<two>');
  expect(met).toEqual({ text: '', end: '' });
  expect(heard).toBe('two');
  heal();
  await ends(met);
});

test('a black hole takes everything and gives nothing', async () => {
  const heal = line.begin({ is: 'black hole' });
  const { socket, met } = await client();
  socket.write('one');
  await new Promise((resolve) => socket.write('two', resolve));
  expect(heard).toBe('');
  expect(met).toEqual({ text: '', end: '' });
  heal();
  await ends(met);
  const next = await client();
  next.socket.write('three');
  await says(next.met, '<three>');
});

test('refusing ends what is open and what comes', async () => {
  const { met } = await client();
  line.begin({ is: 'refuse' });
  await ends(met);
  const { met: next } = await client();
  await ends(next);
});

test.each(strangers.map(({ name, bytes }) => [name, bytes] as const))('%s answers every request', async (_, bytes) => {
  line.begin({ is: 'answer', bytes });
  const answer = await ask(`http://127.0.0.1:${line.port}/api/messages`, { method: 'POST', body: { content: 'x' } });
  expect(answer.status).toBe(Number(/ (\d{3}) /.exec(bytes)?.[1]));
  expect(answer.body).toBeUndefined();
  expect(heard).toBe('');
});
