/** I8 to I11, I13: who must end ends, who must not catches up, and nobody is counted who is gone. */
import { type History, stallMs, type Violation } from './history.ts';
import { isOwed } from './writes.ts';

/** How long a stream may outlive its token or its session (S6), with a little for our own clock, in ms. */
const endsWithinMs = 5000 + 1500;

export function checkEnds(history: History): Violation[] {
  const { readers, mayReset, hubs, caughtUpMs, log, behindMs } = history;
  const found: Violation[] = [];
  if (caughtUpMs > stallMs) found.push({ rule: 'I8', says: `somebody was still behind ${stallMs} ms after quiet` });

  for (const reader of readers) {
    const { name, hop, resets, readings, tokenEndsMs, leavesBy, site, topics } = reader;
    for (const { reason } of resets)
      if (reason === 'gap' || !mayReset.includes(reason))
        found.push({ rule: 'I13', says: `${name} was reset for ${reason}, which no fault of this run explains` });
    if (tokenEndsMs !== undefined) {
      const late = readings
        .flatMap(({ frames }) => frames.map(({ atMs }) => atMs))
        .find((atMs) => atMs > tokenEndsMs + endsWithinMs + (behindMs[hop] ?? 0));
      if (late)
        found.push({ rule: 'I10', says: `${name} heard something ${late - tokenEndsMs} ms after his token's end` });
    }
    if (leavesBy === 'logout') {
      const ended = log.find(
        ({ type, topics: to }) => type === 'session.ended' && to.some((one) => topics.includes(one)),
      );
      const after = readings.flatMap(({ frames }) =>
        frames.filter(({ event, data }) => event === 'message' && ended && (data as { pos: number }).pos > ended.pos),
      );
      if (after.length)
        found.push({ rule: 'I9', says: `${name} heard ${after.length} events after his session's end` });
    }
    // Whatever stands in his frames was written at his site.
    const foreign = readings
      .flatMap(({ frames }) => frames)
      .find(({ data }) => isOf(history, site, JSON.stringify(data)));
    if (foreign)
      found.push({ rule: 'I9', says: `${name} of site ${site} heard of another: ${JSON.stringify(foreign.data)}` });
  }
  const isLoggedOut = history.acts.some((act) => act.does === 'logout' && isOwed(history, act));
  for (const { hop, status } of isLoggedOut ? history.afterLogout : [])
    if (status !== 401) found.push({ rule: 'I9', says: `${hop} answers ${status} to a session that has ended` });
  for (const { hop, site, readers: counted, sockets } of hubs)
    if (counted !== sockets)
      found.push({ rule: 'I11', says: `the hub of ${site} at ${hop} counts ${counted} readers, ${sockets} are there` });
  return found;
}

/** Is this text somebody's of another site? */
function isOf({ acts }: History, site: string, text: string | undefined): boolean {
  return acts.some((act) => act.site !== site && act.content !== undefined && text?.includes(act.content.slice(0, 60)));
}
