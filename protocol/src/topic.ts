/** Topics: what a subscriber listens to, and, fixed at commit, whom an event is for. */

export const topic = {
  thread: (id: string) => `thread:${id}`,
  user: (id: string) => `user:${id}`,
  session: (sid: string) => `session:${sid}`,
  /** Every support thread of the site. */
  agents: 'agents',
  /** Facts of the site. */
  all: 'all',
  /** The whole log: a service stream's, never a reader's. */
  everything: '*',
} as const;

/** What a reader may ask for by name. */
export type AskedTopic = { is: 'me' } | { is: 'thread'; id: string } | { is: 'room'; key: string };

/** `undefined` for a word that is no topic a reader may ask for. */
export function parseAskedTopic(asked: string): AskedTopic | undefined {
  if (asked === 'me') return { is: 'me' };
  const [, kind, name] = /^(thread|room):([^\s:\p{Cc}\p{Cs}]{1,128})$/u.exec(asked) ?? [];
  if (!name) return undefined;
  return kind === 'thread' ? { is: 'thread', id: name } : { is: 'room', key: name };
}

/** The topics of `topic=me`: derived from the token alone, so no hop asks anybody (SPEC: Stream). */
export function topicsOfMe(claims: { sub: string; kind: string }): string[] {
  return claims.kind === 'agent' ? [topic.user(claims.sub), topic.agents] : [topic.user(claims.sub)];
}
