/** The seam between a thread, its client and the line: what each sees of the other. */
import type { ChatEvent, Clock, Signal, Snapshot, WireEvent } from '@payload-chat/protocol';
import type { Persistence } from './persist.ts';
import type { Session } from './session.ts';
import type { Connection, ThreadStore, ThreadTarget } from './view.ts';

/** What a thread needs of its client. */
export interface ThreadHost extends Persistence {
  readonly clock: Clock;
  /** The caller's: another after each reset. */
  readonly session: Session;
  readonly connection: Connection;
  readonly closed: boolean;
  /** Whoever waits, the stream too, tries now. */
  hasten(): void;
  /** What the thread listens to has changed, or it needs what follows the cursor. */
  sync(cursor?: string): void;
}

/** A thread as its client sees it. */
export interface KeptThread {
  readonly store: ThreadStore;
  readonly target: ThreadTarget;
  readonly host: ThreadHost;
  /** Where it is asked for, after `/api/`. */
  readonly path: string;
  /** One object from each opening to its closing. */
  readonly open: object | undefined;
  readonly snapshot: Snapshot | undefined;
  readonly hasOlder: boolean;
  /** Takes a newer state. */
  hold(next: Snapshot): void;
  /** Takes a page of older messages. */
  prepend(messages: Snapshot['messages']): void;
  /** What it must hear; `me` is everything in the caller's own threads, `''` not known yet. */
  readonly topic: string | undefined;
  readonly cursor: string | undefined;
  onEvent(wire: WireEvent, event: ChatEvent | undefined): void;
  onSignal(signal: Signal): void;
  /** Takes a fresh snapshot, however often it must be asked for; nothing while closed. Never rejects. */
  refresh(): Promise<void>;
  /** Takes a fresh snapshot where there was no thread, or where what is held is of another epoch than the stream. */
  lookAgain(cursor?: string): void;
  /** Something of the client changed that is shown. */
  changed(): void;
  /** Forgets everything; begins anew for whoever looks, if the client is not closed. */
  restart(): void;
}

/** How the target stands in a path and in a topic. */
export function nameOf(target: ThreadTarget): string {
  if ('room' in target) return `room:${target.room}`;
  return 'thread' in target ? target.thread : 'support';
}
