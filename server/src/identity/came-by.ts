/**
 * What a session came by, beside the person: a kind that the site lets in, the key that proved an identity, the entry of
 * the list that its page is let in by. When the site takes one of them back, what came by it ends (SPEC: Leaving).
 */
import { type Claims, kindWord, type UserKind } from '@payload-chat/protocol';
import type { Payload } from 'payload';
import { entryOf } from '../collections/sites/origins.ts';
import { type Site, takes } from '../collections/sites/site.ts';
import type { SiteKey } from './host-identity.ts';
import { derived } from './user-id.ts';

/** Keyed: a token's bearer could try secrets against a bare hash. The value counts, not the `kid` that it stands under. */
export const keyWord = (payload: Payload, site: string, key: SiteKey): string =>
  `k_${derived(payload, 'came by key', site, 'value' in key ? key.value : key.pem)}`;

const entryWord = (payload: Payload, site: string, entry: string) =>
  `o_${derived(payload, 'came by origin', site, entry)}`;

/** The word of the entry that lets a page in; none for a page that is let in without. */
export function originWords(payload: Payload, { key, origins }: Site, origin: string): string[] {
  const entry = entryOf(origins, origin);
  return entry === undefined ? [] : [entryWord(payload, key, entry)];
}

const kinds: UserKind[] = ['visitor', 'external', 'guest', 'member', 'agent'];

/** The words of everybody at a site. */
export const allWords = (): string[] => kinds.map(kindWord);

const wordsOf = (payload: Payload, { key, secrets, publicKeys, origins }: Site): string[] => [
  ...[...secrets, ...publicKeys].map((each) => keyWord(payload, key, each)),
  ...origins.map((entry) => entryWord(payload, key, entry)),
];

/** Whether the site still has all that a session came by. */
export function holds(payload: Payload, site: Site, { kind, via = [] }: Pick<Claims, 'kind' | 'via'>): boolean {
  const words = wordsOf(payload, site);
  return takes(site, kind) && via.every((word) => words.includes(word));
}

/** What the site had before and has no more, as words that sessions hang on. */
export function takenBack(payload: Payload, before: Site, after: Site): string[] {
  const kept = new Set(wordsOf(payload, after));
  return [
    ...kinds.filter((kind) => takes(before, kind) && !takes(after, kind)).map(kindWord),
    ...wordsOf(payload, before).filter((word) => !kept.has(word)),
  ];
}
