/**
 * The Durable Object that holds the hub of one (site, replica). An object with an open stream can't hibernate, so there
 * is one per site and not per thread; when the last reader has been gone for a while it closes its feed and sleeps.
 */
import { DurableObject } from 'cloudflare:workers';
import { headers as wire } from '@payload-chat/protocol';
import { responseOf } from './answer.ts';
import { createApp } from './app.ts';
import { createCalendarClock } from './calendar-clock.ts';
import { readConfig } from './config.ts';
import { createCore, createLocal } from './core.ts';
import type { HubNumbers } from './hubs.ts';
import { createTimerWatch } from './timer-watch.ts';
import { createWebSinks } from './web-sink.ts';
import type { WorkerEnv } from './worker-env.ts';

export class HubObject extends DurableObject<WorkerEnv> {
  #enrolled: Promise<void> = Promise.resolve();
  readonly #core = createCore(readConfig({ ...this.env }), (input, init) => fetch(input, init), createCalendarClock());
  readonly #local = createLocal(this.#core, { onCount: (count) => this.#enroll(count > 0) });
  readonly #standsStill = createTimerWatch(this.#core.clock, () => this.#local.hubs.numbers().length > 0);
  readonly #sinkOf = createWebSinks(this.#core.clock);
  readonly #app = createApp({
    ...this.#core,
    platform: {
      // Only the Worker reaches an object, and it wrote this itself.
      clientOf: (request) => request.headers.get(wire.client) ?? undefined,
      stream: (request, _, client) => this.#local.reading.stream(request, client, this.#sinkOf(request.signal)),
      snapshot: async (request, id, client) => {
        const answer = await this.#local.reading.snapshot(request, id, client);
        return answer && responseOf(answer);
      },
      numbers: async () => this.#local.hubs.numbers(),
      script: async () => undefined,
      onServerSeen: () => this.#local.hubs.nudge(),
    },
  });

  fetch(request: Request): Response | Promise<Response> {
    if (this.#standsStill(request)) this.ctx.abort('The clock was set back: the object begins anew.');
    return this.#app.fetch(request, {});
  }

  numbers(): HubNumbers[] {
    const numbers = this.#local.hubs.numbers();
    // An object that was moved has left no word.
    if (numbers.length === 0) this.#enroll(false);
    return numbers;
  }

  /** Metrics find the objects that hold a hub by the directory. One word after the other: the last one counts. */
  #enroll(isOpen: boolean) {
    const directory = this.env.DIRECTORY.get(this.env.DIRECTORY.idFromName('all'));
    const id = this.ctx.id.toString();
    this.#enrolled = this.#enrolled
      .then(() => (isOpen ? directory.enter(id) : directory.leave(id)))
      .catch((cause: unknown) => this.#core.log('The directory of hubs did not answer.', cause));
    this.ctx.waitUntil(this.#enrolled);
  }
}
