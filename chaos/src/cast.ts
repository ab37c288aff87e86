/** The people of one run: who writes where, who reads how. */

import { ChatError, topic } from '@payload-chat/protocol';
import type { House } from './house/house.ts';
import { isAcknowledged } from './people/act.ts';
import { type Deeds, perform } from './people/deed.ts';
import { openAccount, openExternal, type Person, type Site } from './people/person.ts';
import type { Place } from './people/writer.ts';
import type { Random } from './random.ts';
import type { Chromium } from './readers/chromium.ts';
import { openEventsource, openUndici } from './readers/clients.ts';
import { readPlainly } from './readers/plain.ts';
import { type Reader, streamPath } from './readers/reader.ts';
import { readBySubscription } from './readers/subscription.ts';

export interface Cast {
  people: Person[];
  /** Who writes, where, and which thread he leaves now and then. */
  writers: Array<{ person: Person; places: Place[]; leaves?: string }>;
  /** Who is logged out in the middle. */
  goner: Person;
  openReaders(): Promise<Reader[]>;
}

export interface Stage {
  house: House;
  elsewhere: Site;
  chromium: Chromium;
}

/** Life of the token of one who is made to fall silent, in s. */
export const shortLifeS = 6;

export async function castOf(
  { house, elsewhere, chromium }: Stage,
  mark: string,
  deeds: Deeds,
  random: Random,
): Promise<Cast> {
  const { site, people: accounts } = house.seed;
  const maya = accounts.find(({ kind }) => kind === 'agent');
  if (!maya) throw new Error('The seed made no agent.');
  const [worker, node, server] = (['worker', 'node', 'server'] as const).map((hop) => () => house.urlOf(hop)) as [
    () => string,
    () => string,
    () => string,
  ];
  const inPage = { origin: house.page.origin };
  const [ana, ben, cyd, dan, gus, eve, agent] = await Promise.all([
    openExternal(site, `ana-${mark}`, worker),
    openExternal(site, `ben-${mark}`, node),
    openExternal(site, `cyd-${mark}`, worker, inPage),
    openExternal(site, `dan-${mark}`, server),
    openExternal(site, `gus-${mark}`, node),
    openExternal(elsewhere, `eve-${mark}`, worker),
    openAccount(site, maya, node, server),
  ]);

  const begin = async (person: Person, body: object, words: string) => {
    const localId = `${mark}-${person.name}-begins`;
    const content = `${mark}:${person.name}:${words}`;
    const act = await perform(
      deeds,
      person,
      { does: 'post', localId, content },
      'send',
      {},
      { ...body, content, localId },
    );
    const thread = act.answer?.doc?.thread;
    if (!isAcknowledged(act) || !thread)
      throw new Error(`${person.name} could not begin: ${JSON.stringify(act.answer)}`);
    return thread;
  };
  const direct = await begin(ana, { receiver: ben.id }, 'hello ben');
  const [support, lobby, elsewhereLobby] = await Promise.all([
    begin(cyd, {}, 'help'),
    begin(dan, { room: 'lobby' }, 'hello all'),
    begin(eve, { room: 'lobby' }, 'hello all'),
    begin(gus, {}, 'help me too'),
  ]);

  async function openReaders(): Promise<Reader[]> {
    const fork = (name: string) => {
      const own = random.fork(name);
      return () => own.next();
    };
    const me = (person: Person) => [
      topic.user(person.id),
      topic.all,
      ...(person.kind === 'agent' ? [topic.agents] : []),
    ];
    const isPatient = random.chance(0.3);
    const shortHop = random.pick(['worker', 'node'] as const);
    const short = await openExternal(site, `sol-${mark}`, shortHop === 'node' ? node : worker, { lifeS: shortLifeS });
    const opening: Array<Promise<Reader>> = [
      readBySubscription({
        name: 'ana',
        person: ana,
        hop: 'worker',
        topics: ['me'],
        hears: me(ana),
        threads: [direct],
        random: fork('ana'),
      }),
      readBySubscription({
        name: 'ben',
        person: ben,
        hop: 'node',
        topics: ['me', 'room:lobby'],
        hears: [...me(ben), topic.thread(lobby)],
        threads: [direct, lobby],
        random: fork('ben'),
      }),
      readPlainly({
        name: 'cyd',
        kind: 'EventSource',
        person: cyd,
        hop: 'worker',
        topics: ['me'],
        hears: me(cyd),
        threads: [support],
        needsTicket: true,
        isPatient,
        random: fork('cyd'),
        open: (cursor, ticket, events) =>
          chromium.open(
            `${worker()}${streamPath(['me'], { ticket: ticket ?? '', ...(cursor ? { cursor } : {}) })}`,
            events,
          ),
      }),
      readPlainly({
        name: 'agent',
        kind: 'eventsource',
        person: agent,
        hop: 'node',
        topics: ['me'],
        hears: me(agent),
        threads: [support],
        needsTicket: false,
        isPatient,
        random: fork('agent'),
        open: (cursor, _, events) =>
          openEventsource(`${node()}${streamPath(['me'], cursor ? { cursor } : {})}`, agent.headers(), events),
      }),
      readPlainly({
        name: 'dan',
        kind: 'undici',
        person: dan,
        hop: 'server',
        topics: ['room:lobby'],
        hears: [topic.thread(lobby), topic.all],
        threads: [lobby],
        needsTicket: true,
        isPatient,
        random: fork('dan'),
        open: (cursor, ticket, events) =>
          openUndici(
            `${server()}${streamPath(['room:lobby'], { ticket: ticket ?? '', ...(cursor ? { cursor } : {}) })}`,
            events,
          ),
      }),
      readBySubscription({
        name: 'an edge',
        person: dan,
        hop: 'server',
        topics: ['*'],
        hears: ['*'],
        threads: [],
        random: fork('an edge'),
        service: { key: () => house.edgeKeys.current, url: server },
      }),
      readBySubscription({
        name: 'eve',
        person: eve,
        hop: 'worker',
        topics: ['me', 'room:lobby'],
        hears: [...me(eve), topic.thread(elsewhereLobby)],
        threads: [elsewhereLobby],
        random: fork('eve'),
      }),
      readBySubscription({
        name: 'gus',
        person: withoutReturn(gus),
        hop: 'node',
        topics: ['me'],
        hears: [...me(gus), topic.session(gus.sid)],
        threads: [],
        random: fork('gus'),
      }),
      readBySubscription({
        name: 'sol',
        person: withoutReturn(short),
        hop: shortHop,
        topics: ['room:lobby'],
        hears: [topic.thread(lobby), topic.all],
        threads: [],
        random: fork('sol'),
      }),
    ];
    const readers = await Promise.all(opening);
    for (const { record } of readers) {
      if (record.name === 'gus') record.leavesBy = 'logout';
      if (record.name === 'sol') {
        record.leavesBy = 'token';
        record.tokenEndsMs = expiryOf(short);
      }
    }
    try {
      await Promise.all(readers.map(({ started }) => started));
    } catch (error) {
      await Promise.all(readers.map((reader) => reader.close())); // Else the next run's count would have them.
      throw error;
    }
    return readers;
  }

  return {
    people: [ana, ben, cyd, dan, gus, eve, agent],
    writers: [
      { person: ana, places: [{ receiver: ben.id }], leaves: direct },
      { person: ben, places: [{ receiver: ana.id }, { room: 'lobby' }], leaves: direct },
      { person: cyd, places: [{ support: true }, { room: 'lobby' }] },
      { person: dan, places: [{ room: 'lobby' }] },
      { person: eve, places: [{ room: 'lobby' }] },
      { person: agent, places: [{ thread: support }] },
    ],
    goner: gus,
    openReaders,
  };
}

/** His proof is used up: a token that is over stays so. */
function withoutReturn(person: Person): Person {
  const headers = person.headers();
  return {
    id: person.id,
    name: person.name,
    site: person.site,
    kind: person.kind,
    at: person.at,
    sid: person.sid,
    token: person.token,
    headers: () => headers,
    async renew() {
      throw new ChatError('unauthorized');
    },
  };
}

function expiryOf({ token }: Person): number {
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }).exp * 1000;
}
