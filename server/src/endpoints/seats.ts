/** Leaving a thread, or being sent out of it. */
import { someCaller } from '../identity/caller.ts';
import { leave } from '../messages/leave.ts';
import { endpoint, json } from './endpoint.ts';
import { limitChanges } from './limits.ts';
import { findThread, pathParam, siteOfRow } from './visible-thread.ts';

export const leaveEndpoint = endpoint('leave', async (req) => {
  const id = pathParam(req, 'id');
  const who = await someCaller(req, siteOfRow(req, 'participants', id));
  limitChanges(req, who);
  return json({ doc: await leave(req, who, { id }), message: 'Deleted successfully.' });
});

/** By who sits where: a room's seats are on no wire. */
export const unseatEndpoint = endpoint('unseat', async (req) => {
  const id = pathParam(req, 'id');
  const who = await someCaller(req, siteOfRow(req, 'threads', id));
  limitChanges(req, who);
  const named = pathParam(req, 'user');
  const user = named === 'me' ? who.user.id : named;
  // One may leave a room that one does not see any more, by its id.
  const thread = (await findThread(req, who, id))?.thread.id ?? id;
  return json({ doc: await leave(req, who, { thread, user }), message: 'Deleted successfully.' });
});
