/** A cable between the app and its database, to be cut. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Cable {
  /** The database's address, through the cable. */
  url: string;
  /** Ends every connection; new ones are refused until `mend`. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** New connections end there from now on: what a failover does to an address. */
  leadTo(databaseUrl: string): void;
  close(): Promise<void>;
}

export async function laidTo(databaseUrl: string): Promise<Cable> {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const held = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  };
  let server: Server | undefined;
  let port = 0;

  async function mend() {
    server = createServer((near) => {
      held(near);
      const far = held(connect(Number(target.port), target.hostname));
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      near.pipe(far).pipe(near);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }
  async function cut() {
    const closing = server;
    server = undefined;
    if (!closing) return;
    closing.close();
    for (const socket of sockets) socket.destroy();
    await once(closing, 'close');
  }

  await mend();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.toString(),
    cut,
    mend,
    leadTo(to) {
      target = new URL(to);
    },
    close: cut,
  };
}
