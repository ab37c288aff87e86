/** Whoever only reads a public room: no row, and one token for all who come from the same page. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import type { Site } from '../collections/sites/site.ts';
import { queryOf, tablesOf } from '../log/database.ts';
import type { Proven } from './session.ts';
import { derived, guestUserId } from './user-id.ts';

/** How long guests share one session, in seconds. */
const windowS = 3600;
/** How long a guest's token can be renewed, in seconds; after that the room is looked at again. */
const untilS = 24 * 3600;

/** @throws ChatError `not-found` for a room that is not there or not public. */
export async function guestSession(
  req: PayloadRequest,
  site: Site,
  origin: string | undefined,
  room: string,
): Promise<Proven> {
  const { payload } = req;
  const [row] = await queryOf(payload)<{ id: string }>(
    `select id from ${tablesOf(payload).threads} where site_id = $1 and kind = 'room' and key = $2 and public`,
    [site.key, room],
  );
  if (!row) throw new ChatError('not-found');
  const nowS = Math.floor(Date.now() / 1000);
  const window = Math.floor(nowS / windowS);
  return {
    user: { id: guestUserId(payload, site.key, row.id), name: 'Guest', kind: 'guest' },
    sid: derived(payload, 'guest session', site.key, row.id, origin ?? '', String(window)),
    until: (window + 1) * windowS + untilS,
    room: row.id,
  };
}
