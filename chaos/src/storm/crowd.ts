/** Thousands of readers at little cost: a request, and a look for `ready` and for events in what comes. */
import { type ClientRequest, request } from 'node:http';

export interface Member {
  /** Open until it is left; the answer says whether its `ready` came, and how long after. */
  ready: Promise<number>;
  /** Events that it was brought. */
  readonly events: number;
  /** How far it is. */
  readonly cursor: string | undefined;
  /** Comes back when the other side has ended it. */
  over: Promise<void>;
  leave(): void;
}

export function join(url: string, headers: Record<string, string>, cursor?: string): Member {
  const beganMs = performance.now();
  const ready = Promise.withResolvers<number>();
  const over = Promise.withResolvers<void>();
  let events = 0;
  let last = cursor;
  let rest = '';
  const asked: ClientRequest = request(url, {
    agent: false,
    headers: { Accept: 'text/event-stream', ...headers, ...(cursor ? { 'Last-Event-ID': cursor } : {}) },
  });
  const end = (why: Error) => {
    ready.reject(why);
    over.resolve();
  };
  ready.promise.catch(() => {}); // Whoever waits hears of it.
  asked.on('error', end);
  asked.on('response', (response) => {
    if (response.statusCode !== 200) end(new Error(`answered ${response.statusCode}`));
    response.setEncoding('utf8');
    response.on('error', end);
    response.on('close', () => end(new Error('ended')));
    response.on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event = 'message'] = /^event: (\w+)/m.exec(block) ?? [];
        const [, id] = /^id: (\S+)/m.exec(block) ?? [];
        if (id) last = id;
        // A block without data is a comment.
        if (event === 'message' && /^data:/m.test(block)) events += 1;
        if (event === 'ready') ready.resolve(performance.now() - beganMs);
      }
    });
  });
  asked.end();
  return {
    ready: ready.promise,
    get events() {
      return events;
    },
    get cursor() {
      return last;
    },
    over: over.promise,
    leave: () => void asked.destroy(),
  };
}

/** Median and worst of some spans, in ms. */
export function spanOf(list: number[]): { median: number; worst: number } {
  const sorted = [...list].sort((a, b) => a - b);
  return { median: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, worst: sorted.at(-1) ?? 0 };
}
