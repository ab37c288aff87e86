/**
 * A hop of a running house, for the same contract: its people are users of the embedding site, known by identities that
 * the site's secret signs. Needs nothing but addresses and what `demo.json` says.
 */

import { pathOf } from '@payload-chat/protocol';
import { SignJWT } from 'jose';
import type { Hop, Person } from './hop.ts';

/** As much of `demo.json` as this needs. */
export interface House {
  urls: { demo: string };
  site: { key: string; secret: { kid: string; value: string } };
  edgeKey: string;
}

/** `url` is the server's or an edge's. `run` keeps the people of one run apart from those of another. */
export function realHop(house: House, url: string, run: string, close: () => Promise<void> = async () => {}): Hop {
  const { key, secret } = house.site;

  function identity(who: Person, lifeS: number): Promise<string> {
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT({ name: who })
      .setProtectedHeader({ alg: 'HS256', kid: secret.kid })
      .setIssuer(key)
      .setAudience('payload-chat')
      .setSubject(`${who}-${run}`)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + lifeS)
      .sign(new TextEncoder().encode(secret.value));
  }

  return {
    url,
    origin: new URL(house.urls.demo).origin,
    edgeKey: house.edgeKey,
    site: key,
    room: 'lobby',
    async session(who, { lifeS = 1800, fromPage = false } = {}) {
      const response = await fetch(url + pathOf('session'), {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(fromPage ? { Origin: new URL(house.urls.demo).origin } : {}),
        },
        body: JSON.stringify({ site: key, identity: await identity(who, lifeS) }),
      });
      const body = (await response.json()) as { token: string; user: { id: string } };
      if (response.status !== 200)
        throw new Error(`The session was refused: ${response.status} ${JSON.stringify(body)}`);
      return { token: body.token, user: body.user.id };
    },
    close,
  };
}
