/**
 * Listens to the talk between a server and its Postgres (the frontend/backend protocol, version 3), so that a mishap
 * can be timed to a moment of one transaction: before its INSERT, before its COMMIT, after COMMIT and before the answer.
 */
import type { Link, Tap, Tapped } from './line.ts';

/** `after commit` is when Postgres has said COMMIT and the server has not heard it. */
export type Moment = 'before insert' | 'before commit' | 'after commit';

export interface Ambush {
  at: Moment;
  /** What happens then. The message that was on its way goes on afterwards, if its connection still stands. */
  spring(backend: Backend): Promise<void> | void;
}

/** The connection that walked into it. */
export interface Backend {
  /** The process of Postgres that serves it. */
  pid: number;
  cut(): void;
}

export interface PostgresTap {
  tap: Tap;
  /** Waits for the next transaction that writes a message and gets that far; the answer takes it away. */
  lay(ambush: Ambush): () => void;
  /** Statements that the server ever sent. */
  queries: number;
  /** While true, no NOTIFY reaches the server. */
  dropsNotifies: boolean;
}

/** A write of a message, as drizzle words it. */
const writesMessage = /^\s*(insert into|update)\s+(?:"public"\.)?"messages"/i;

export function createPostgresTap(): PostgresTap {
  const ambushes = new Set<Ambush>();
  const tapped: PostgresTap = {
    queries: 0,
    dropsNotifies: false,
    lay(ambush) {
      ambushes.add(ambush);
      return () => void ambushes.delete(ambush);
    },
    tap: (link) => watch(link, tapped, take),
  };
  /** Each springs once. */
  function take(at: Moment): Ambush | undefined {
    const found = [...ambushes].find((one) => one.at === at);
    if (found) ambushes.delete(found);
    return found;
  }
  return tapped;
}

function watch(link: Link, tapped: PostgresTap, take: (at: Moment) => Ambush | undefined): Tapped {
  let pid = 0;
  let hasStarted = false;
  let isWriting = false;
  /** A COMMIT of written messages is on its way. */
  let isCommitting = false;
  let isCut = false;
  const backend = (): Backend => ({
    pid,
    cut() {
      isCut = true;
      link.cut();
    },
  });
  const up = inOrder(async (message: Buffer) => {
    const text = queryOf(message);
    if (text) tapped.queries += 1;
    const writes = writesMessage.test(text);
    const commits = /^\s*commit\b/i.test(text);
    const before = writes && !isWriting ? 'before insert' : commits && isWriting ? 'before commit' : undefined;
    if (before) await take(before)?.spring(backend());
    isCommitting ||= before === 'before commit';
    isWriting = writes || (isWriting && !commits && !/^\s*rollback\b/i.test(text));
    if (!isCut) link.sendUp(message);
  });
  const down = inOrder(async (message: Buffer) => {
    const type = message[0];
    if (type === 0x4b) pid = message.readInt32BE(5); // BackendKeyData
    if (type === 0x41 && tapped.dropsNotifies) return; // NotificationResponse
    if (isCommitting && type === 0x43) {
      isCommitting = false;
      // Any other word is no commit: that of an aborted transaction is answered ROLLBACK.
      if (message.toString('latin1', 5, 11) === 'COMMIT') await take('after commit')?.spring(backend());
    }
    if (!isCut) link.sendDown(message);
  });
  const upward = framed((message) => up(message));
  const downward = framed((message) => down(message));
  let first = Buffer.alloc(0);
  return {
    up(bytes) {
      if (hasStarted) return upward(bytes);
      // The startup message alone has no type.
      first = Buffer.concat([first, bytes]);
      if (first.length < 4 || first.length < first.readInt32BE(0)) return;
      const size = first.readInt32BE(0);
      hasStarted = true;
      link.sendUp(first.subarray(0, size));
      if (first.length > size) upward(first.subarray(size));
    },
    down: downward,
  };
}

/** The SQL of a simple query or of a Parse; empty for any other message. */
function queryOf(message: Buffer): string {
  const type = message[0];
  if (type === 0x51) return message.toString('utf8', 5, message.length - 1);
  if (type !== 0x50) return '';
  const begins = message.indexOf(0, 5) + 1;
  return message.toString('utf8', begins, message.indexOf(0, begins));
}

/** Cuts a flow of bytes into messages: a type, and a length that counts itself and what follows. */
function framed(onMessage: (message: Buffer) => void): (bytes: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (bytes) => {
    held = held.length ? Buffer.concat([held, bytes]) : bytes;
    while (held.length >= 5) {
      const size = 1 + held.readInt32BE(1);
      if (held.length < size) return;
      onMessage(held.subarray(0, size));
      held = held.subarray(size);
    }
  };
}

/** One message after the other, though what is done about one may take a while. */
function inOrder(run: (message: Buffer) => Promise<void>): (message: Buffer) => void {
  let last = Promise.resolve();
  return (message) => {
    last = last.then(() => run(message));
  };
}
