/**
 * What fills a hub: the server's service stream, kept alive. While the server is away the hub stays, and so do its
 * readers; only a log that can't be gone on with sends them for a snapshot.
 */
import {
  ChatError,
  type Clock,
  type Hub,
  list,
  object,
  optional,
  type Parsed,
  parseCursor,
  read,
  readWireSignal,
  type StreamResponse,
  subscribe,
  text,
  type WireEvent,
  type WireSignal,
  whole,
} from '@payload-chat/protocol';

export interface FeedOptions {
  open(cursor: string | undefined, signal: AbortSignal): Promise<StreamResponse>;
  hub: Hub;
  /** Before the hub begins after this position, or begins anew after a hole. */
  onStart(epoch: string, pos: number): void;
  /** Sessions that ended while their tokens have not. */
  onRevoked(sids: readonly string[]): void;
  /** What the site sets for streams, from now on. */
  onBounds(bounds: SiteBounds): void;
  /** All that the server had at the connect has arrived. */
  onReady(): void;
  /** The server refused for good: nothing more will come. */
  onStopped(fault: ChatError): void;
  /** The stream can't be had, once for each time that it is away; and it is back. */
  onLine(is: 'lost' | 'back', why: string): void;
  clock: Clock;
  random(): number;
}

export interface Feed {
  /** A stream from the server is open. */
  readonly isOpen: boolean;
  /** The server was seen to answer: try now. */
  nudge(): void;
  close(): void;
}

const audience = object({ to: list(text(1)) });
const bounds = object({ streamsPerPerson: optional(whole()), streamsPerAddress: optional(whole()) });
/** What a site sets lower than this edge does; what is not set is not there. */
export type SiteBounds = Parsed<typeof bounds>;
const greeting = object({ revoked: optional(list(text(1))), bounds: optional(bounds) });
const update = object({ bounds: optional(bounds) });

/** Nudges closer together than this are one. */
const nudgeMs = 1000;
/** Longest wait between two attempts: readers wait for what comes after it. */
const waitCapMs = 4000;

export function openFeed({ hub, clock, ...options }: FeedOptions): Feed {
  let revoked: readonly string[] = [];
  let nudgedAtMs = Number.NEGATIVE_INFINITY;
  let isLost = false;
  let isClosed = false;
  let cancelCap = () => {};

  /** What comes next stands right after `pos`: the hub goes on, or begins anew if there is a hole. */
  function goOn(epoch: string, pos: number) {
    const { window } = hub;
    if (window?.epoch === epoch && pos <= window.head) return;
    options.onStart(epoch, pos);
    hub.start(epoch, pos);
  }

  const subscription = subscribe({
    open: options.open,
    dense: true,
    clock,
    random: options.random,
    onLine(line) {
      if (line.is !== 'frame' || line.frame.event !== 'hello') return;
      const said = read(greeting, line.frame.data);
      revoked = said?.revoked ?? [];
      options.onRevoked(revoked);
      options.onBounds(said?.bounds ?? {});
    },
    onEvent(event, cursor) {
      const epoch = parseCursor(cursor)?.epoch;
      const to = read(audience, event)?.to ?? [];
      if (epoch === undefined) return;
      goOn(epoch, event.pos - 1);
      // After a reset the newest events come again.
      if (event.pos <= (hub.window?.head ?? 0)) return;
      const { to: _, ...bare } = event;
      // The newest word stands: after those of the past comes that of now.
      const set = event.type === 'site.updated' ? read(update, event)?.bounds : undefined;
      if (set) options.onBounds(set);
      hub.append(bare as WireEvent, to);
    },
    onSignal(data) {
      const signal = readWireSignal(data);
      if (!signal) return;
      const { to: _, ...bare } = signal;
      hub.signal(bare as WireSignal, read(audience, signal)?.to ?? []);
    },
    onReady(cursor) {
      const at = parseCursor(cursor);
      if (!at) return;
      goOn(at.epoch, at.pos);
      // Their end is in the log by now; this is for one that the log no longer holds.
      for (const sid of revoked) hub.revoke(sid);
      options.onReady();
    },
    // From now on, with the newest events before it: what the hub has of them it passes over.
    onReset: () => undefined,
    onState(state) {
      cancelCap();
      if (state.is === 'waiting') {
        cancelCap = clock.after(waitCapMs, () => subscription.nudge());
        if (!isLost) options.onLine('lost', state.why);
        isLost = true;
      } else if (state.is === 'live') {
        if (isLost) options.onLine('back', '');
        isLost = false;
      } else if (state.is === 'stopped' && !isClosed) options.onStopped(state.error ?? new ChatError('unreachable'));
    },
  });

  return {
    get isOpen() {
      return subscription.state.is === 'replaying' || subscription.state.is === 'live';
    },
    nudge() {
      if (subscription.state.is !== 'waiting' || clock.now() - nudgedAtMs < nudgeMs) return;
      nudgedAtMs = clock.now();
      subscription.nudge();
    },
    close() {
      isClosed = true;
      subscription.close();
    },
  };
}
