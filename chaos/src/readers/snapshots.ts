/** Fresh snapshots, asked at the hop that the reader reads from. */
import { pathOf, read, type Snapshot, snapshot } from '@payload-chat/protocol';
import { ask } from '../people/ask.ts';
import type { Person } from '../people/person.ts';

/** Messages of one snapshot: the most that a hop gives. */
const pageMessages = 100;

/**
 * `undefined` for a thread that he does not see (any more). @throws when there is no answer of the chat's to be had now
 */
export async function takeSnapshot(person: Person, thread: string): Promise<Snapshot | undefined> {
  const path = `${pathOf('snapshot', { id: thread })}?limit=${pageMessages}`;
  const answer = await ask(person.at() + path, { headers: person.headers(), timeoutMs: 5000 });
  if (answer.status === 401) await person.renew().catch(() => {});
  if (answer.status === 404 && (answer.body as { errors?: unknown } | undefined)?.errors) return undefined;
  const found = answer.status === 200 ? read(snapshot, answer.body) : undefined;
  if (!found) throw new Error(`No snapshot of ${thread}: ${answer.status} ${answer.text.slice(0, 200)}`);
  return found;
}

/** Tries until it has all that he sees of them. @throws when the signal ends it, with what was answered last */
export async function takeSnapshots(person: Person, threads: string[], signal: AbortSignal): Promise<Snapshot[]> {
  const taken: Snapshot[] = [];
  for (const thread of threads) {
    for (;;) {
      try {
        const found = await takeSnapshot(person, thread);
        if (found) taken.push(found);
        break;
      } catch (cause) {
        if (signal.aborted) throw new Error(`${person.name} waited for a snapshot`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 250));
    }
  }
  return taken;
}

/** Brings a thread that he has joined up to date; a run's end ends the tries. */
export async function renewThread(
  person: Person,
  thread: string | undefined,
  signal: AbortSignal,
  renew: (snapshot: Snapshot) => void,
): Promise<void> {
  if (thread === undefined) return;
  const [fresh] = await takeSnapshots(person, [thread], signal).catch(() => []);
  if (fresh) renew(fresh);
}
