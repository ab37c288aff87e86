/**
 * What an end of sessions names: one session by its sid, or all of a user's that were begun up to a moment. The second is
 * how a person is sent out whose sessions nobody has listed: a claimed visitor, a deleted account; and how all are who came
 * by what a site has taken back: a kind of people, an origin, a key.
 */
import type { Claims } from './claims.ts';

/** The `session` of `session.ended`. */
export interface SessionEnd {
  /** A session's id; with `before` a user's, or a word that sessions hang on. */
  sid: string;
  /** In seconds since 1970: tokens issued until then are over. */
  before?: number;
}

/** As much of an open session as its end can be told from. */
export interface OpenSession {
  sid?: string | undefined;
  user?: string | undefined;
  /** What it hangs on beside its user (`hangsOn`). */
  via?: readonly string[] | undefined;
  /** When its token was issued, in seconds since 1970; unknown counts as long ago. */
  issuedS?: number | undefined;
}

/** The word for everybody of a kind at a site. */
export const kindWord = (kind: string): string => `kind:${kind}`;

/** The words that a token's session hangs on, beside its own id and its user's. */
export const hangsOn = ({ kind, via = [] }: Partial<Pick<Claims, 'kind' | 'via'>>): string[] =>
  kind === undefined ? via : [kindWord(kind), ...via];

/** Every name that an end of this session may have. */
export function endNames({ sid, user, via = [] }: OpenSession): string[] {
  return [sid, user, ...via].filter((name) => name !== undefined);
}

/** Decides purely. */
export function isEnded({ sid, before }: SessionEnd, open: OpenSession): boolean {
  if (before === undefined) return open.sid === sid;
  return (open.user === sid || open.via?.includes(sid) === true) && (open.issuedS ?? 0) <= before;
}

/** The end as one word, `<sid>` or `<user>@<before>`: as `revoked` lists it in a service stream's hello. */
export const endWord = ({ sid, before }: SessionEnd): string => (before === undefined ? sid : `${sid}@${before}`);

/** Reads the word back; no id contains an `@`. */
export function readEndWord(word: string): SessionEnd {
  const [, sid = '', before = ''] = /^(.+)@(\d+)$/.exec(word) ?? [];
  return sid ? { sid, before: Number(before) } : { sid: word };
}
