/** When a site's pages last opened a session, and which page was refused: what the panel tells who has pasted the snippet. */
import { steadyClock } from '@payload-chat/protocol';
import type { Payload, PayloadRequest } from 'payload';
import { queryOf } from '../log/database.ts';
import { quietError } from '../quiet-error.ts';
import { runtime } from '../runtime.ts';

/** How often one site's last page is written down, in ms. */
const everyMs = 60_000;
/** Most sites remembered; at the bound the one written longest ago is forgotten, and may be written early. */
const sitesMax = 10_000;
/** Longest origin that is kept, in characters: a refused one is whatever a stranger says. */
const originChars = 256;

/** A page of this origin asked for a session and got one, or was refused. Nobody waits for it. */
export function noteSeen({ payload }: PayloadRequest, site: string, origin: string, is: 'let in' | 'refused'): void {
  const written = runtime(payload).own('seen', () => new Map<string, number>());
  const key = `${is} ${site}`;
  const nowMs = steadyClock.now();
  if (nowMs - (written.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
  written.delete(key);
  written.set(key, nowMs);
  if (written.size > sitesMax) written.delete(written.keys().next().value as string);
  const [origins, at] = is === 'let in' ? ['origin', 'at'] : ['refused_origin', 'refused_at'];
  queryOf(payload)(
    `insert into chat.seen (site, ${origins}, ${at}) values ($1, $2, now())
      on conflict (site) do update set ${origins} = excluded.${origins}, ${at} = excluded.${at}`,
    [site, origin.slice(0, originChars)],
  ).catch((error: unknown) => {
    written.delete(key);
    payload.logger.warn({ err: quietError(error), msg: 'The chat could not note that a page was seen.' });
  });
}

export interface Seen {
  origin: string | null;
  at: Date | null;
  refused: string | null;
  refusedAt: Date | null;
}

/** `undefined` where no page has asked yet. */
export async function seenOf(payload: Payload, site: string): Promise<Seen | undefined> {
  const [row] = await queryOf(payload)<Seen>(
    'select origin, at, refused_origin as refused, refused_at as "refusedAt" from chat.seen where site = $1',
    [site],
  );
  return row;
}
