/** Users of the embedding site, whom its secret vouches for: as many as wanted, each with a token as short as wanted. */
import { createHmac, randomUUID } from 'node:crypto';
import type { House } from './house.ts';

/** How many of a flood write at once. */
const writers = 16;

interface Asked {
  /** The hop to ask; the server unless said otherwise. */
  url?: string;
  /** Seconds that the identity lasts, and with it the session. */
  lifeS?: number;
  /** The page that the token is for; without one it is a program's. */
  origin?: string | undefined;
}

/** `user` is the chat user's id. */
export async function vouchedSession(
  { demo }: House,
  sub: string,
  { url = demo.urls.server, lifeS = 3600, origin }: Asked = {},
): Promise<{ token: string; user: string }> {
  const { key, secret } = demo.site;
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: key, aud: 'payload-chat', sub, name: sub, iat, exp: iat + lifeS };
  const signed = [{ alg: 'HS256', kid: secret.kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const identity = `${signed}.${createHmac('sha256', secret.value).update(signed).digest('base64url')}`;
  const response = await fetch(`${url}/api/chat/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(origin && { Origin: origin }) },
    body: JSON.stringify({ site: key, identity }),
  });
  const answer = (await response.json()) as { token: string; user: { id: string } };
  if (!response.ok) throw new Error(`${url} gave ${sub} no session: ${JSON.stringify(answer)}`);
  return { token: answer.token, user: answer.user.id };
}

/**
 * That many messages in the lobby, as fast as the server takes them: by many people from many addresses, for whom the
 * edge's key vouches, since no limit is meant for such a crowd.
 */
export async function flood(house: House, count: number, contentChars: number): Promise<void> {
  const { urls, edgeKey } = house.demo;
  const content = 'x'.repeat(contentChars);
  let left = count;
  await Promise.all(
    Array.from({ length: writers }, async (_, index) => {
      const { token } = await vouchedSession(house, `crowd-${index}`);
      const headers = {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${token}`,
        'X-Chat-Edge': edgeKey,
        'X-Chat-Client': `192.0.2.${index + 1}`,
      };
      while (left > 0) {
        left -= 1;
        const body = JSON.stringify({ room: 'lobby', content, localId: randomUUID() });
        const response = await fetch(`${urls.server}/api/messages`, { method: 'POST', headers, body });
        if (!response.ok) throw new Error(`the flood was answered ${response.status}: ${await response.text()}`);
        await response.body?.cancel();
      }
    }),
  );
}
