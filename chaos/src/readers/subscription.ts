/** The reader that ships: protocol's own subscription over Node's fetch, with a clock that may jump. */
import { ChatError, type Clock, subscribe, systemClock } from '@payload-chat/protocol';
import { Agent, fetch } from 'undici';
import { type Reader, type ReaderOptions, streamPath, within } from './reader.ts';
import { type Reading, recorder } from './record.ts';
import { renewThread, takeSnapshots } from './snapshots.ts';

export interface SubscriptionReaderOptions extends ReaderOptions {
  random(): number;
  /** Of a service stream: it hears everything, and holes are its own to find. */
  service?: { key(): string; url(): string };
}

export async function readBySubscription(options: SubscriptionReaderOptions): Promise<Reader> {
  const { person, topics, threads, service, random } = options;
  const kept = recorder({
    name: options.name,
    kind: service ? 'service' : 'subscription',
    hop: options.hop,
    site: person.site,
    user: person.id,
    topics: options.hears,
    threads,
  });
  const closing = new AbortController();
  /** Connections of his own, so that nobody else's death is his. */
  const agent = new Agent({ keepAliveTimeout: 1, connectTimeout: 5000 });
  let offsetMs = 0;
  const clock: Clock = { now: () => Date.now() + offsetMs, after: systemClock.after };
  let reading: Reading | undefined;
  let gate: PromiseWithResolvers<void> | undefined;
  const started = Promise.withResolvers<void>();

  const url = () =>
    service
      ? `${service.url()}${streamPath(['*'], { site: person.site, tail: '2000' })}`
      : person.at() + streamPath(topics);
  const cursor = kept.begin(await takeSnapshots(person, threads, AbortSignal.timeout(30_000)));

  const subscription = subscribe({
    ...(cursor ? { cursor } : {}),
    dense: service !== undefined,
    clock,
    random,
    async open(from, signal) {
      const response = await fetch(url(), {
        dispatcher: agent,
        signal,
        redirect: 'manual',
        headers: {
          Accept: 'text/event-stream',
          ...(service ? { 'X-Chat-Edge': service.key() } : person.headers()),
          ...(from ? { 'Last-Event-ID': from } : {}),
        },
      });
      const { body } = response;
      return {
        status: response.status,
        headers: response.headers,
        json: () => response.json(),
        body: body && {
          getReader() {
            const bytes = body.getReader();
            return {
              async read() {
                await gate?.promise;
                const { done, value } = await bytes.read();
                return { done, value: value as Uint8Array | undefined };
              },
              cancel: () => bytes.cancel(),
            };
          },
        },
      };
    },
    onEvent(event, at) {
      if (kept.apply(event, at) === 'stale') throw new Error('A fresh snapshot is needed.');
      void renewThread(person, kept.seated(event), closing.signal, kept.renew);
    },
    onReady: () => started.resolve(),
    async onReset(reason) {
      kept.reset(reason);
      return kept.begin(await takeSnapshots(person, threads, closing.signal));
    },
    onUnauthorized: () => person.renew(),
    onLine(line) {
      if (line.is === 'attempt') {
        if (reading) kept.ended(reading);
        reading = kept.opened(line.cursor);
      } else if (line.is === 'frame' && reading) {
        kept.frame(reading, line.frame);
        const said = line.frame.data as { cursor?: unknown } | undefined;
        if (/^(ping|ready)$/.test(line.frame.event) && typeof said?.cursor === 'string') kept.reached(said.cursor);
      } else if (line.is === 'wait' && reading) kept.ended(reading);
    },
    onState(state) {
      if (state.is !== 'stopped') return;
      if (reading) kept.ended(reading);
      kept.record.ended ??= {
        why: state.error instanceof ChatError ? state.error.code : 'closed',
        atMs: Date.now(),
      };
    },
  });

  return {
    record: kept.record,
    person,
    get isOpen() {
      return subscription.state.is === 'live' || subscription.state.is === 'replaying';
    },
    started: within(started.promise, 30_000, `${options.name}'s first ready`),
    stall(isStalled) {
      if (isStalled) gate ??= Promise.withResolvers();
      else {
        gate?.resolve();
        gate = undefined;
      }
    },
    jump(ms) {
      offsetMs = ms;
    },
    async close() {
      closing.abort();
      gate?.resolve();
      subscription.close();
      await agent.destroy();
    },
  };
}
