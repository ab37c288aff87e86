/**
 * One line between two hops: a TCP proxy that can be told to misbehave. Bytes go through untouched, in order, and at
 * once, unless a fault says otherwise; after `heal` what was held back leaves and what was swallowed is cut, since the
 * two ends don't agree any more on what was said.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { lane } from './lane.ts';

export type LineFault =
  /** Every chunk comes so much later, in ms. */
  | { is: 'delay'; ms: number }
  /** Bytes towards the client gather for `ms` and then come at once, as behind a buffering proxy. */
  | { is: 'buffer'; ms: number }
  /** A connection ends after so many bytes towards the client; each one a byte later than the one before. */
  | { is: 'cut'; afterBytes: number }
  /** What is open is reset (RST). */
  | { is: 'reset' }
  /** What is open goes silent, in both directions, without an end. New connections are good. */
  | { is: 'half-open' }
  /** Everything is silent: connections are taken, and nothing is ever heard. */
  | { is: 'black hole' }
  /** Nobody is there: what is open ends, what is new is refused. */
  | { is: 'refuse' }
  /** The client is not read for: the sender's buffers fill. */
  | { is: 'stall' }
  /** Somebody else answers every request, in these bytes. */
  | { is: 'answer'; bytes: string };

/** What a tap does with one connection's bytes; it passes them on by the link. */
export interface Link {
  sendUp(bytes: Buffer): void;
  sendDown(bytes: Buffer): void;
  /** Ends both sides at once. */
  cut(): void;
}
export interface Tapped {
  /** From the client. */
  up(bytes: Buffer): void;
  /** To the client. */
  down(bytes: Buffer): void;
}
export type Tap = (link: Link) => Tapped;

export interface Line {
  readonly name: string;
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** Connections open through it. */
  readonly connections: number;
  /** Connections that were ever made through it. */
  readonly made: number;
  /** Begins a fault; the answer heals it, callable twice. Of several at once the newest counts. */
  begin(fault: LineFault): () => void;
  close(): Promise<void>;
}

interface Through {
  near: Socket;
  far: Socket | undefined;
  /** Silent for good: bytes were swallowed. */
  isMute: boolean;
  downBytes: number;
  flush(): void;
  cut(hard?: boolean): void;
}

/** @param targets ports of the far hop, tried in turn from the one after the last that was used. */
export async function openLine(name: string, targets: () => number[], tap?: Tap): Promise<Line> {
  const open = new Set<Through>();
  const faults: LineFault[] = [];
  let turn = 0;
  let cuts = 0;
  let made = 0;
  const fault = () => faults.at(-1);

  const server = createServer({ allowHalfOpen: false, noDelay: true }, (near) => {
    const through: Through = {
      near,
      far: undefined,
      isMute: false,
      downBytes: 0,
      flush() {},
      cut(hard = false) {
        for (const socket of [near, through.far]) hard ? socket?.resetAndDestroy() : socket?.destroy();
      },
    };
    open.add(through);
    made += 1;
    near.on('error', () => {});
    near.on('close', () => {
      open.delete(through);
      through.far?.destroy();
    });
    const now = fault();
    if (now?.is === 'refuse') return void near.resetAndDestroy();
    if (now?.is === 'answer') return answer(near, now.bytes);
    if (now?.is === 'black hole') {
      through.isMute = true;
      near.resume();
      return;
    }
    void reach(through);
  });

  async function reach(through: Through) {
    const { near } = through;
    near.pause();
    const list = targets();
    for (let tries = 0; tries < list.length; tries += 1) {
      const port = list[turn++ % list.length] as number;
      const far = connect({ port, host: '127.0.0.1', noDelay: true });
      far.on('error', () => {});
      try {
        await once(far, 'connect');
      } catch {
        continue; // That one is down; the next may be up.
      }
      if (near.destroyed) return void far.destroy();
      through.far = far;
      join(through, far);
      return;
    }
    near.resetAndDestroy();
  }

  function join(through: Through, far: Socket) {
    const { near } = through;
    const isMute = () => through.isMute;
    const up = lane(far, fault, isMute);
    const down = lane(near, fault, isMute);
    const cutAt = () => {
      const now = fault();
      return now?.is === 'cut' ? now.afterBytes + cuts : undefined;
    };
    const tapped = tap?.({ sendUp: up.send, sendDown: down.send, cut: () => through.cut() });
    near.on('data', (bytes) => (tapped ? tapped.up(bytes) : up.send(bytes)));
    far.on('data', (bytes) => {
      const limit = cutAt();
      through.downBytes += bytes.length;
      if (limit !== undefined && through.downBytes >= limit) {
        cuts += 1;
        const kept = bytes.subarray(0, Math.max(0, bytes.length - (through.downBytes - limit)));
        return void near.end(kept, () => through.cut());
      }
      if (tapped) tapped.down(bytes);
      else down.send(bytes);
    });
    up.holdBack(near);
    down.holdBack(far);
    far.on('close', () => down.end());
    through.flush = () => {
      up.flush();
      down.flush();
    };
    near.resume();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    name,
    port: (server.address() as AddressInfo).port,
    get connections() {
      return open.size;
    },
    get made() {
      return made;
    },
    begin(begun) {
      faults.push(begun);
      if (begun.is === 'cut') cuts = 0;
      for (const through of open) {
        if (begun.is === 'reset') through.cut(true);
        if (begun.is === 'refuse' || begun.is === 'answer') through.cut();
        if (begun.is === 'half-open' || begun.is === 'black hole') through.isMute = true;
      }
      if (begun.is === 'reset') faults.pop();
      return () => {
        const at = faults.indexOf(begun);
        if (at >= 0) faults.splice(at, 1);
        for (const through of open) {
          if (through.isMute && fault()?.is !== 'black hole') through.cut();
          else through.flush();
        }
      };
    },
    async close() {
      server.close();
      for (const through of open) through.cut();
      await once(server, 'close');
    },
  };
}

/** Waits for the end of a request's head and says its own; a body that still comes is not read. */
function answer(near: Socket, bytes: string) {
  let head = '';
  near.on('data', (chunk) => {
    head += chunk.toString('latin1');
    if (head.includes('\r\n\r\n')) near.end(bytes);
  });
}
