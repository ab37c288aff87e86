/** One cell of the matrix: a row asked by one caller at one hop, and what he was answered. */
import { randomUUID } from 'node:crypto';
import type { Caller, Tickets } from './callers.ts';
import type { Row } from './rows.ts';
import { type Letter, letters, must, north, south, type World } from './world.ts';

/** A hop's paths, asked at its address. */
export interface Hop {
  name: string;
  url: string;
}

/** `<status>`, or `<status>:<letters>` where the answer lists or shows something. */
export type Answer = string;

/** Longest that one answer may take, in ms. */
const patienceMs = 20_000;

/** The words of `expected`, one per column. */
export function wordsOf(expected: string): string[] {
  return expected
    .split(' ')
    .filter(Boolean)
    .flatMap((word) => {
      const [one = '', count = '1'] = word.split('*');
      return Array.from({ length: Number(count) }, () => one);
    });
}

export async function createAsker(world: World, tickets: Tickets, ownerLogin: () => Promise<string>) {
  const names = new Map<string, Letter>();
  for (const letter of letters) for (const id of [world.threads[letter], world.messages[letter]]) names.set(id, letter);
  const threadLetter = new Map(letters.map((letter) => [world.threads[letter], letter]));

  /** A visitor who writes in his site's lobby, and sits there; in `p` he is given a seat by the owner. */
  async function newcomer(letter: Letter): Promise<{ seat: string; person: string; handle: string }> {
    const site = letter === 'o' ? south : north;
    const { token, user, visitor = '' } = await world.session({ site });
    await world.post(`Bearer ${token}`, { room: 'lobby', content: 'a newcomer' });
    const owner = `JWT ${await ownerLogin()}`;
    const asked = `${world.server}/api/participants`;
    const seat =
      letter === 'p'
        ? ((await must(asked, owner, { thread: world.threads.p, user: user.id })) as { doc: { id: string } }).doc
        : ((await must(`${asked}?where[user][equals]=${user.id}`, owner)) as { docs: Array<{ id: string }> }).docs[0];
    return { seat: seat?.id ?? '', person: user.id, handle: visitor };
  }

  /** A message to be changed: by `fay` in the south, else by `ada`, who sits in `d` and writes in `r`. */
  async function made(letter: Letter): Promise<string> {
    const [who, site] = letter === 'o' ? (['fay', south] as const) : (['ada', north] as const);
    const { token } = await world.session({ site, identity: await world.identity(who, 3000, site) });
    const { id } = await world.post(`Bearer ${token}`, { thread: world.threads[letter], content: 'to be changed' });
    return id;
  }

  /** What those are asked about who must not pass: nobody's who asks. */
  const spare = {
    d: { message: await made('d') },
    r: { message: await made('r') },
    p: await newcomer('p'),
    o: { message: await made('o'), ...(await newcomer('o')) },
  };

  /** What `{...}` stands for; what is `new` only for one who is expected to pass. */
  async function named(name: string, passes: boolean): Promise<string> {
    const [kind = '', which = ''] = name.split('.');
    const letter = (which || kind) as Letter;
    switch (kind) {
      case 'm':
        return world.messages[letter];
      case 'seat':
        return world.seats[letter] ?? 'no-seat';
      case 'user':
        return world.people[which as keyof World['people']];
      case 'account':
        return world.accounts[which as keyof World['accounts']].id;
      case 'ticket': {
        // It lives a minute.
        const { ticket } = (await must(`${world.server}/api/chat/ticket`, `Bearer ${tickets.token}`, {})) as {
          ticket: string;
        };
        return ticket;
      }
      case 'lapsed':
        return tickets.lapsed;
      case 'token':
        return tickets.token;
      case 'unique':
        return `u${randomUUID()}`;
      case 'new': {
        if (!passes) return spare[letter === 'o' || letter === 'r' ? letter : 'd'].message;
        return made(letter);
      }
      case 'newseat':
        return (passes ? await newcomer(letter) : spare[letter === 'o' ? 'o' : 'p']).seat;
      case 'newsitter':
        return (passes ? await newcomer(letter) : spare[letter === 'o' ? 'o' : 'p']).person;
      case 'newperson':
        return passes ? (await newcomer('r')).person : world.people.vic;
      case 'newhandle':
        return passes ? (await newcomer('r')).handle : world.spareHandle;
      case 'identity':
        return world.identity('merger');
      case 'newaccount': {
        if (!passes) return world.accounts.mia.id;
        const made = { email: `${randomUUID()}@matrix.test`, password: randomUUID(), name: 'brief', role: 'member' };
        const owner = `JWT ${await ownerLogin()}`;
        return String(((await must(`${world.server}/api/users`, owner, made)) as { doc: { id: number } }).doc.id);
      }
      default:
        return world.threads[kind as Letter];
    }
  }

  async function filled(text: string, passes: boolean): Promise<string> {
    let out = '';
    let at = 0;
    for (const found of text.matchAll(/\{([a-z][\w.]*)\}/g)) {
      out += text.slice(at, found.index) + (await named(found[1] ?? '', passes));
      at = found.index + found[0].length;
    }
    return out + text.slice(at);
  }

  /** What the answer shows: letters of threads and of their messages and seats. */
  function seen(body: unknown): string {
    const found = new Set<Letter>();
    const look = (value: unknown): void => {
      if (typeof value === 'string') {
        const letter = names.get(value) ?? threadLetter.get(value);
        if (letter) found.add(letter);
      } else if (Array.isArray(value)) value.forEach(look);
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
    };
    look(body);
    return letters.filter((letter) => found.has(letter)).join('') || '-';
  }

  return async (hop: Hop, row: Row, caller: Caller, passes: boolean): Promise<{ answer: Answer; text: string }> => {
    const path = await filled(row.path, passes);
    const body = row.body === undefined ? undefined : await filled(JSON.stringify(row.body), passes);
    const headers = row.ends && passes && caller.again ? await caller.again() : caller.headers;
    const abort = AbortSignal.timeout(patienceMs);
    const response = await fetch(hop.url + path, {
      method: row.method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
      signal: abort,
    });
    if (response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      await response.body?.cancel();
      return { answer: `${response.status}`, text: '' };
    }
    const text = await response.text();
    const isJson = response.headers.get('Content-Type')?.startsWith('application/json') === true;
    const shows =
      response.ok && row.method === 'GET' && isJson && row.path !== '/api/access' && /"docs"|"id"|"thread"/.test(text);
    return { answer: shows ? `${response.status}:${seen(JSON.parse(text))}` : `${response.status}`, text };
  };
}

export const isPass = (word: string): boolean => /^2/.test(word);
