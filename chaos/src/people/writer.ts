/** Somebody who writes as people do, faster: posts, edits, deletes, reads, leaves and comes back. */
import { methodOf, pathOf } from '@payload-chat/protocol';
import type { Random } from '../random.ts';
import { type Act, isAcknowledged } from './act.ts';
import { ask } from './ask.ts';
import { type Deeds, perform } from './deed.ts';
import type { Person } from './person.ts';

/** Where he writes. */
export type Place = { room: string } | { receiver: string } | { support: true } | { thread: string };

export interface WriterOptions {
  person: Person;
  places: Place[];
  deeds: Deeds;
  random: Random;
  /** Begins every content of this run: nobody else writes it. */
  mark: string;
  signal: AbortSignal;
  /** A direct thread that he leaves now and then; his next word brings him back. */
  leaves?: string | undefined;
  /** Waits between two deeds, in ms. */
  pauseMs: [number, number];
}

/** Writes until told to stop; what is under way then is still brought to its end. */
export async function write(options: WriterOptions): Promise<void> {
  const { person, places, deeds, random, mark, signal, leaves, pauseMs } = options;
  const own: Act[] = [];
  let serial = 0;
  const content = () =>
    `${mark}:${person.name}:${++serial}${'·'.repeat(random.chance(0.05) ? 900 : random.whole(0, 30))}`;

  async function post() {
    const place = random.pick(places);
    const text = content();
    const localId = `${mark}-${person.name}-${serial}`;
    const act = await perform(
      deeds,
      person,
      { does: 'post', localId, content: text, ...('thread' in place ? { thread: place.thread } : {}) },
      'send',
      {},
      { ...('support' in place ? {} : place), content: text, localId },
    );
    if (isAcknowledged(act)) own.push(act);
  }

  const edit = (message: string, text: string) =>
    perform(deeds, person, { does: 'edit', message, content: text }, 'edit', { id: message }, { content: text });
  const remove = (message: string) => perform(deeds, person, { does: 'delete', message }, 'remove', { id: message });

  async function change() {
    const target = own.length ? random.pick(own.slice(-8)) : undefined;
    if (!target?.message) return post();
    const dice = random.next();
    if (dice < 0.55) await edit(target.message, content());
    else if (dice < 0.85) await gone(target, remove(target.message));
    // Both at once: whatever comes first, it must not come back to life.
    else await gone(target, edit(target.message, content()), remove(target.message));
  }
  async function gone(target: Act, ...deedsUnderWay: Array<Promise<Act>>) {
    own.splice(own.indexOf(target), 1);
    await Promise.all(deedsUnderWay);
  }

  async function read() {
    const doc = own.at(-1)?.answer?.doc;
    if (!doc?.seq) return post();
    const { thread, seq } = doc;
    await perform(deeds, person, { does: 'read', thread, seq }, 'read', { id: thread }, { seq });
  }

  async function leave() {
    if (!leaves) return post();
    const found = await ask(person.at() + pathOf('snapshot', { id: leaves }), { headers: person.headers() }).catch(
      () => undefined,
    );
    const seats = (found?.body as { participants?: Array<{ id: string; user: { id: string } }> })?.participants ?? [];
    const seat = seats.find(({ user }) => user.id === person.id);
    if (!seat) return post();
    await perform(deeds, person, { does: 'leave', participant: seat.id, thread: leaves }, 'leave', { id: seat.id });
  }

  function type() {
    const thread = own.at(-1)?.answer?.doc?.thread;
    if (!thread) return;
    // May be lost: nobody waits for it.
    void ask(person.at() + pathOf('typing', { id: thread }), {
      method: methodOf('typing'),
      body: {},
      headers: person.headers(),
    }).catch(() => {});
  }

  while (!signal.aborted) {
    const dice = random.next();
    if (dice < 0.6) await post();
    else if (dice < 0.86) await change();
    else if (dice < 0.93) await read();
    else if (dice < 0.96) await leave();
    else type();
    await new Promise((resolve) => setTimeout(resolve, random.whole(...pauseMs)));
  }
}
