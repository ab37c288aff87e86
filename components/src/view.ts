/**
 * What an element shows of a thread, as one immutable value, and what it may do: the seam between the client (no DOM)
 * and the elements. A store makes a new view for every change; parts that did not change keep their identity.
 */
import type { ChatError, Message, Participant, Thread, User } from '@payload-chat/protocol';
import type { SiteSays } from './session.ts';

/** Which thread: by id, a room by key, or (neither) the caller's own support thread. */
export type ThreadTarget = { thread: string } | { room: string } | { support: true };

/** How far a message has come. `waiting`: written while offline; `failed` carries why. */
export type Delivery = { is: 'sent' } | { is: 'pending' } | { is: 'waiting' } | { is: 'failed'; error: ChatError };

/** A message as shown: the server's own, or one that it has not taken yet (then `seq` is 0 and `id` the localId). */
export interface ShownMessage extends Message {
  own: boolean;
  delivery: Delivery;
}

/** Where the thread stands. `loading` turns to a skeleton after 300 ms; `absent` is the not-found state. */
export type Phase = { is: 'loading' } | { is: 'ready' } | { is: 'failed'; error: ChatError } | { is: 'absent' };

/**
 * The line to the edge. One that is down says since when, for the banner's delay, and why: as the reader does (SPEC: How to
 * write a reader), where it broke by itself. `slow`: something on the way holds the stream back, and what is new is asked
 * for from time to time. `failing`: it was tried again and again and did not work.
 */
export type Connection =
  | { is: 'connecting' }
  | { is: 'live' }
  | { is: 'reconnecting' | 'offline' | 'slow' | 'failing'; sinceMs: number; why?: string | undefined };

export interface ThreadView {
  phase: Phase;
  connection: Connection;
  /** Undefined while loading, and for a support thread before its first message. */
  thread: Thread | undefined;
  /** The caller; undefined before there is a session. A room's reader is a guest until his first send. */
  me: User | undefined;
  participants: readonly Participant[];
  /** The server's in seq order, then those not taken yet in the order of writing. */
  messages: readonly ShownMessage[];
  /** Whether `loadOlder` would bring something. */
  hasOlder: boolean;
  loadingOlder: boolean;
  /** Who types now, the caller never among them. */
  typing: readonly User[];
  /** The highest seq that another participant has read: own messages up to it are "Read". 0 in rooms. */
  readByOthers: number;
  /** The caller's own receipt when the thread was opened: messages of others after it are new. Null in rooms. */
  newAfter: number | null;
  /** What the site has its own words for, and what it holds messages to. Empty before there is a session. */
  site: SiteSays;
  /** When the caller may send again, in milliseconds since 1970 (429); null when now. */
  sendAgainAtMs: number | null;
}

/** One thread kept current for as long as somebody looks. */
export interface ThreadStore {
  readonly view: ThreadView;
  /** Runs after every change; the answer unsubscribes. The first subscriber opens, the last one's leaving closes. */
  subscribe(run: (view: ThreadView) => void): () => void;
  /** Shows the message at once as pending and sends it, in order of writing. Content of 1 to 4,000 UTF-16 units. */
  send(content: string, options?: { replyTo?: string }): void;
  /** Sends a failed message again under the same localId, so that it can never be there twice. */
  retry(localId: string): void;
  /** Forgets a failed message. */
  discard(localId: string): void;
  /** @throws ChatError as the server refused. */
  edit(id: string, content: string): Promise<void>;
  /** @throws ChatError as the server refused. */
  remove(id: string): Promise<void>;
  /** One older page; concurrent calls are one. */
  loadOlder(): Promise<void>;
  /** The caller is typing: passed on at most once per 3 s. */
  typing(): void;
  /** Everything up to `seq` was seen: moves the receipt forward only; nothing is sent in rooms. */
  read(seq: number): void;
  /** Loads again after `failed`; where the thread is shown, what is new is asked for and the line is tried at once. */
  reload(): void;
}

/** A site's chat over one edge: one session, one stream, any number of threads. */
export interface Client {
  readonly edge: string;
  readonly site: string;
  /** The same store for the same target. */
  open(target: ThreadTarget): ThreadStore;
  /** Forgets the session and everything shown, and asks for a new one: the user was switched in place. */
  reset(): void;
  /** Ends the session at every hop, then forgets it. */
  logout(): Promise<void>;
  /** Callable twice. */
  close(): void;
}
