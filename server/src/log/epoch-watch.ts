/**
 * The epoch as this process knows it: read at the start, at each connect of the LISTEN session and when another process
 * says so. A read that fails is made again until it works: hubs of a history that is over must not go on.
 */
import { backoffMs } from '@payload-chat/protocol';
import type { Query, Tables } from './database.ts';
import { type Epoch, hasGoneBack, readEpoch, renewEpoch } from './epoch.ts';
import type { LastRead } from './read.ts';

export interface EpochWatch {
  /** The epoch of now. While it is being looked at, callers wait. @throws where it can't be read. */
  now(): Promise<string>;
  /** Whether rows of this history (`historySql`) are of the epoch that was read last. */
  isOf(history: string): boolean;
  /** It may be another one: reads it, and goes on trying. */
  look(): void;
  close(): void;
}

export interface EpochEvents {
  /** How far each site was read in this epoch, by its key. */
  read(epoch: string): ReadonlyMap<string, LastRead>;
  /** After each read. */
  known(epoch: string): void;
  log(error: unknown, message: string): void;
}

export function watchEpoch(query: Query, tables: Tables, events: EpochEvents): EpochWatch {
  let known: Promise<string> | undefined;
  let history: string | undefined;
  let retry: NodeJS.Timeout | undefined;
  let attempt = 0;
  let closed = false;

  async function find(): Promise<Epoch> {
    const epoch = await readEpoch(query, tables);
    if (!(await hasGoneBack(query, events.read(epoch.name)))) return epoch;
    events.log(
      new Error('What was read of the log is not there any more.'),
      'The database was put back: a new epoch begins.',
    );
    await renewEpoch(query, epoch);
    return readEpoch(query, tables);
  }

  function read(): Promise<string> {
    clearTimeout(retry);
    const finding = find();
    const reading = finding.then(({ name }) => name);
    known = reading;
    finding.then(
      (epoch) => {
        // A newer look may be under way; it will tell.
        if (closed || known !== reading) return;
        attempt = 0;
        history = epoch.history;
        events.known(epoch.name);
      },
      (error) => {
        if (closed || known !== reading) return;
        known = undefined;
        if (attempt === 0) events.log(error, 'The chat could not read its epoch; it tries again.');
        retry = setTimeout(() => void read().catch(() => undefined), backoffMs(attempt, Math.random, 200, 5000));
        attempt += 1;
      },
    );
    return reading;
  }

  return {
    now: () => known ?? read(),
    isOf: (other) => other === history,
    look: () => void read().catch(() => undefined), // told by `read` itself
    close() {
      closed = true;
      clearTimeout(retry);
    },
  };
}
