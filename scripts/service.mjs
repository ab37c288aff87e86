/**
 * One process of the stack, kept alive: launched, healthy, dead, launched again, later each time, until it is stopped
 * or has died too often. The life of a service is one loop (`keepAlive`), ended by one AbortSignal.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from './launched.mjs';
import { SetupError } from './setup-error.mjs';
import { waitFor } from './wait-for.mjs';

/** `deaths`: how often without a healthy moment between, after which we give up. The wait doubles each time. */
const patience = { deaths: 6, firstWaitMs: 200, longestWaitMs: 10_000 };

/**
 * @param {import('./launched.mjs').ServiceSpec} spec
 * @param {(event: ServiceEvent) => void} tell hears of deaths and returns after the first healthy moment
 *
 * @typedef {ReturnType<typeof createService>} Service
 * @typedef {{ name: string, what: 'died', how: string, inMs: number } | { name: string, what: 'back' } | { name: string, what: 'lost', how: string }} ServiceEvent
 */
export function createService(spec, tell = () => {}, { deaths: maxDeaths, firstWaitMs, longestWaitMs } = patience) {
  /** @type {{ abort: AbortController, done: Promise<void>, first: PromiseWithResolvers<void> } | null} */
  let life = null;
  /** @type {import('./launched.mjs').Launched | null} */
  let current = null;
  let up = moment();
  const noteDown = () => {
    if (up.reached) up = moment();
  };

  async function keepAlive(signal, first) {
    for (let deaths = 0, everUp = false; !signal.aborted; ) {
      current = await launch(spec);
      let how = await untilHealthy(current, signal);
      if (how === null) {
        if (everUp) tell({ name: spec.name, what: 'back' });
        everUp = true;
        deaths = 0;
        up.reach();
        first.resolve();
        how = await current.exited(signal);
        noteDown();
      }
      await current.end(); // also what a dead leader left behind
      if (signal.aborted) return;
      if (!everUp) return first.reject(new SetupError(`${spec.name} ${how}.${lastWords(current)}`));
      deaths += 1;
      if (deaths > maxDeaths) {
        up.fail(new SetupError(`${spec.name} died ${deaths} times in a row and is given up`));
        return tell({ name: spec.name, what: 'lost', how: `${how}.${lastWords(current)}` });
      }
      const inMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (deaths - 1));
      tell({ name: spec.name, what: 'died', how: how ?? 'ended', inMs });
      await sleep(inMs, undefined, { signal }).catch(() => {}); // woken by stop()
    }
  }

  /** Null once healthy, else how it failed. */
  async function untilHealthy(launched, signal) {
    const limit = AbortSignal.any([signal, launched.gone]);
    const healthy = await waitFor(() => spec.healthy(limit).catch(() => false), {
      withinMs: spec.healthyWithinMs,
      everyMs: 100,
      signal: limit,
    }).catch(() => false);
    if (healthy && !limit.aborted) return null;
    return launched.how() ?? (signal.aborted ? 'was stopped' : `was not ready within ${spec.healthyWithinMs / 1000} s`);
  }

  const service = {
    name: spec.name,
    /** The leader's pid; null when it is not running. */
    get pid() {
      return current && !current.gone.aborted ? current.pid : null;
    },
    /** Launches it if need be; comes back when it is healthy. @throws {SetupError} how it failed, with its last words */
    async start() {
      if (!life) {
        const abort = new AbortController();
        const first = Promise.withResolvers();
        first.promise.catch(() => {}); // whoever awaits it hears of it; stop() may come first
        const done = keepAlive(abort.signal, first)
          .catch((error) => first.reject(error))
          .finally(() => {
            first.reject(new SetupError(`${spec.name} was stopped`));
            life = null;
          });
        life = { abort, done, first };
      }
      await life.first.promise;
    },
    /** Ends it and keeps it down. Callable twice. */
    async stop() {
      life?.abort.abort();
      await life?.done;
    },
    async restart() {
      await service.stop();
      await service.start();
    },
    /** Sends a signal to the leader alone, as a mishap would; comes back when it is dead. The loop then brings it back. */
    async kill(/** @type {NodeJS.Signals} */ signal = 'SIGKILL') {
      const victim = current;
      if (!victim || victim.gone.aborted) return;
      process.kill(victim.pid, signal);
      await victim.exited();
      noteDown();
    },
    /** Comes back at the next healthy moment, at once if this is one. @throws {SetupError} when it is given up */
    ready: () => up.promise,
    /** The last resort of a process that is ending: no grace, no waiting. */
    killNow() {
      life?.abort.abort();
      current?.killNow();
    },
  };
  return service;
}

/** A promise that says whether it is kept already. */
function moment() {
  /** @type {PromiseWithResolvers<void>} */
  const { promise, resolve, reject } = Promise.withResolvers();
  promise.catch(() => {}); // nobody may be waiting
  const made = {
    promise,
    reached: false,
    reach() {
      made.reached = true;
      resolve();
    },
    fail: reject,
  };
  return made;
}

function lastWords(launched) {
  const words = launched.lastWords();
  return words ? ` Its last words (${launched.log}):\n${words}` : ` It left no word in ${launched.log}`;
}
