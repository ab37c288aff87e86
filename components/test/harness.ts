/** What the client's tests hold in their hand: a fake edge, a clock that they move, and browsers on lines of their own. */
import { type ManualClock, manualClock } from '@payload-chat/protocol/testing';
import { expect, onTestFinished } from 'vitest';
import '../src/more/write.ts';
import { type ClientOptions, createClient, type KeyStorage } from '../src/client.ts';
import type { ThreadTarget, ThreadView } from '../src/view.ts';
import { createFakeEdge, type FakeEdge, type FakeEdgeOptions } from './fake-edge.ts';

export function memoryStorage(): KeyStorage & { items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** Lets what is under way go on for `ms`: time moves in small steps, streams and promises run between. */
export async function flow(clock: ManualClock, ms = 100): Promise<void> {
  const stepMs = Math.max(1, ms / 25);
  for (let spent = 0; spent < ms; spent += stepMs) {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(Math.min(stepMs, ms - spent));
  }
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** One browser: a line, a storage, a client, and what the client shows of one thread. */
export function createBrowser(
  edge: FakeEdge,
  clock: ManualClock,
  more: Partial<ClientOptions> & { user?: string } = {},
) {
  const { user, ...options } = more;
  const line = edge.line();
  const storage = memoryStorage();
  const events = new EventTarget();
  const client = createClient({
    edge: edge.url,
    site: edge.site,
    ...(user === undefined ? {} : { getToken: edge.getToken(user) }),
    fetch: line.fetch,
    clock,
    random: () => 0.5,
    storage,
    events,
    ...options,
  });
  return {
    line,
    storage,
    events,
    client,
    /** Opens a thread and keeps every view that it told of. */
    look(target: ThreadTarget) {
      const store = client.open(target);
      const views: ThreadView[] = [];
      const leave = store.subscribe((view) => views.push(view));
      return { store, views, leave, texts: () => textsOf(store.view) };
    },
  };
}

/** What stands there, with what is not simply sent marked: `Hello (pending)`. */
export const textsOf = ({ messages }: ThreadView) =>
  messages.map(({ content, delivery: { is } }) => (is === 'sent' ? content : `${content} (${is})`));

export function setUp(options: Omit<FakeEdgeOptions, 'clock'> = {}) {
  const clock = manualClock(Date.parse('2026-11-24T10:00:00Z'));
  const edge = createFakeEdge({ clock, random: () => 0.5, ...options });
  const open: Array<() => void> = [];
  onTestFinished(() => {
    for (const close of open) close();
    edge.close();
    // Whoever opens closes: nothing of a closed client or edge may be left waiting.
    expect(clock.pending, 'timers left').toBe(0);
  });
  return {
    clock,
    edge,
    flow: (ms?: number) => flow(clock, ms),
    browser(more?: Partial<ClientOptions> & { user?: string }) {
      const made = createBrowser(edge, clock, more);
      open.push(() => made.client.close());
      return made;
    },
    /** What was asked since the last call, as `POST messages`. */
    asked: () => edge.requests.splice(0).map(({ method, path }) => `${method} ${path}`),
  };
}
