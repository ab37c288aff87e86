/** Sessions over HTTP: what a proof is exchanged for, the keys to check it with, its ticket, its end. */
import { ChatError } from '@payload-chat/protocol';
import { someCaller } from '../identity/caller.ts';
import { claimRequest, claimVisitor } from '../identity/claim.ts';
import { keyRing } from '../identity/key-ring.ts';
import { logOut } from '../identity/logout.ts';
import { openSession, openTicket } from '../identity/session.ts';
import { sessionRequest } from '../identity/session-proof.ts';
import { readBody } from './body.ts';
import { endpoint, json } from './endpoint.ts';
import { limitAddress, limitChanges, limitSessions } from './limits.ts';

/** How long the public keys may be kept, in seconds: less than they are published before their first use. */
const jwksS = 300;

export const sessionEndpoint = endpoint('session', async (req) => {
  limitAddress(req, 'sessions');
  const asked = await readBody(req, sessionRequest);
  await limitSessions(req, asked.site);
  return json(await openSession(req, asked));
});

export const claimEndpoint = endpoint('claim', async (req) => {
  limitAddress(req, 'sessions');
  const asked = await readBody(req, claimRequest);
  await limitSessions(req, asked.site);
  return json(await claimVisitor(req, asked));
});

export const jwksEndpoint = endpoint('jwks', async (req) =>
  json(await keyRing(req.payload).jwks(), { headers: { 'Cache-Control': `public, max-age=${jwksS}` } }),
);

export const ticketEndpoint = endpoint('ticket', async (req) => {
  const who = await someCaller(req);
  const { claims } = who;
  // A ticket is made from a token; a Payload login has none.
  if (!claims) throw new ChatError('unauthorized');
  if (claims.kind === 'guest') limitAddress(req, 'sessions');
  limitChanges(req, who);
  return json(await openTicket(req, claims));
});

export const logoutEndpoint = endpoint('logout', async (req) => {
  await logOut(req, await someCaller(req));
  return json({ message: 'The session has ended.' });
});
