/**
 * A hop of a running house, for the same contract: its people are users of the embedding site, known by identities that
 * the site's secret signs. Needs nothing but addresses and what `demo.json` says.
 */

import { pathOf } from '@payload-chat/protocol';
import { SignJWT } from 'jose';
import type { Hop, Session } from './hop.ts';

/** As much of `demo.json` as this needs. */
export interface House {
  urls: { server: string; demo: string };
  site: { key: string; secret: { kid: string; value: string } };
  edgeKey: string;
}

/** How many people post a flood together: each has a rate of his own, far above his share. */
const crowd = 12;

/** `url` is the server's or an edge's. `run` keeps the people of one run apart from those of another. */
export function realHop(house: House, url: string, run: string, close: () => Promise<void> = async () => {}): Hop {
  const { key, secret } = house.site;

  function identity(who: string, lifeS: number): Promise<string> {
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

  async function session(at: string, who: string, lifeS: number, from?: string): Promise<Session> {
    const response = await fetch(at + pathOf('session'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(from ? { Origin: from } : {}) },
      body: JSON.stringify({ site: key, identity: await identity(who, lifeS) }),
    });
    const body = (await response.json()) as { token: string; user: { id: string } };
    if (response.status !== 200) throw new Error(`The session was refused: ${response.status} ${JSON.stringify(body)}`);
    return { token: body.token, user: body.user.id };
  }

  /** One of the crowd: says its part in the room, at the server's own address, where only his own rate is limited. */
  async function say(who: string, count: number, content: string): Promise<void> {
    const { token } = await session(house.urls.server, who, 600);
    for (let said = 0; said < count; said += 1) {
      const response = await fetch(house.urls.server + pathOf('send'), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
        body: JSON.stringify({ room: 'lobby', content, localId: crypto.randomUUID() }),
      });
      if (response.status !== 201)
        throw new Error(`A message was refused: ${response.status} ${await response.text()}`);
      await response.body?.cancel();
    }
  }

  const origin = new URL(house.urls.demo).origin;
  return {
    url,
    origin,
    edgeKey: house.edgeKey,
    site: key,
    room: 'lobby',
    session: (who, { lifeS = 1800, fromPage = false } = {}) => session(url, who, lifeS, fromPage ? origin : undefined),
    async flood(count, contentChars) {
      const content = 'x'.repeat(contentChars);
      const share = (nth: number) => Math.floor((count * (nth + 1)) / crowd) - Math.floor((count * nth) / crowd);
      await Promise.all(Array.from({ length: crowd }, (_, nth) => say(`crowd${nth}`, share(nth), content)));
    },
    close,
  };
}
