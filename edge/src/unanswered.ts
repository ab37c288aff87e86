/**
 * Readers whose machine has gone, without a word, while bytes were on their way to them. The kernel repeats those for a
 * quarter of an hour and tells the program nothing, but it shows in its table of connections how often it has. Linux alone.
 */
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Connections of this machine, of the old addresses and of the new. */
const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
/** How often they are looked at. */
const lookEveryMs = 5000;
/**
 * So many repetitions of the same bytes, and the line is dead. The waits between them begin at 200 ms or more and double:
 * the first to the last take 12.6 s at least, more on a line that was slow before.
 */
const repetitions = 6;

/** Cuts connections of the server whose other side answers nothing. Where there is no such table nothing is cut. */
export function cutUnanswered(server: Server): void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => open.add(socket));
  let isLooking = false;

  async function look() {
    // Not told by each: a listener a socket would cost more than this does.
    for (const socket of open) if (socket.destroyed) open.delete(socket);
    if (open.size === 0 || isLooking) return;
    isLooking = true;
    try {
      const { port } = server.address() as AddressInfo;
      const gone = new Set<string>();
      for (const table of await Promise.all(tables.map((path) => readFile(path, 'latin1'))))
        for (const peer of unansweredIn(table, port)) gone.add(peer);
      // Their buffers go with them.
      if (gone.size) for (const socket of open) if (gone.has(peerOf(socket))) socket.resetAndDestroy();
    } catch {
      stop(); // Not Linux, or a machine that hides it: TCP gives up in its own time.
    } finally {
      isLooking = false;
    }
  }
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearInterval(timer);
  server.once('listening', () => {
    timer = setInterval(look, lookEveryMs).unref();
  });
  server.once('close', stop);
}

const peerOf = ({ remoteAddress = '', remotePort = 0 }: Socket) =>
  `${remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')} ${remotePort}`;

/** `<address> <port>` of each peer of a local port that has left so many repetitions unanswered. */
export function unansweredIn(table: string, port: number): string[] {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  // Established ones (01), by: number, local address, remote address, state, queues, timer, repetitions in sixteens.
  const rows = table.matchAll(/^ *\d+: [\dA-F]+:([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) 01 \S+ \S+ ([\dA-F]{8}) /gm);
  return [...rows].flatMap(([, at, address = '', peerPort = '', repeated = '']) =>
    at === local && Number.parseInt(repeated, 16) >= repetitions
      ? [`${addressOf(address)} ${Number.parseInt(peerPort, 16)}`]
      : [],
  );
}

/** An address as the table has it, words of four bytes with the last byte first, as sockets have it. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const isMapped = bytes.length === 16 && bytes.slice(0, 12).join('') === '00000000000000000000FFFF';
  if (bytes.length === 4 || isMapped)
    return bytes
      .slice(-4)
      .map((byte) => Number.parseInt(byte, 16))
      .join('.');
  const groups = (bytes.join('').match(/.{4}/g) ?? []).join(':');
  // The shortest form, as the kernel and the web both write it.
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}
