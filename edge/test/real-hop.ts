/**
 * A hop of a running house, for the same contract: its people are users of the embedding site, known by identities that
 * the site's secret signs. Needs nothing but addresses and what `demo.json` says.
 */

import { pathOf } from '@payload-chat/protocol';
import { SignJWT } from 'jose';
import pg from 'pg';
import type { Hop, Session } from './hop.ts';

/** As much of a stack as this needs: its database, and of its `demo.json`. */
export interface House {
  databaseUrl: string;
  demo: {
    urls: { server: string; demo: string };
    site: { key: string; secret: { kid: string; value: string } };
    edgeKey: string;
  };
}

/** By whoever wrote there last; the numbers are the log's to give. */
const floodSql = `with room as (
    select t.id, t.site_id, (select sender_id from messages where thread_id = t.id order by seq desc limit 1) as sender
      from threads t where t.site_id = $1 and t.key = $2
  ), written as (
    insert into messages (id, thread_id, sender_id, content, timestamp, created_at, updated_at)
      select gen_random_uuid(), room.id, room.sender, $4, now(), now(), now() from room, generate_series(1, $3::int)
      returning id, thread_id, sender_id, content, timestamp
  )
  insert into chat.events (id, site, thread, type, entity, actor, topics, payload)
    select gen_random_uuid(), room.site_id, room.id, 'message.posted', w.id, w.sender_id, '{}', jsonb_build_object('message',
      jsonb_build_object('id', w.id, 'thread', room.id, 'content', w.content, 'timestamp', w.timestamp,
        'sender', jsonb_build_object('id', u.id, 'name', u.name, 'kind', u.kind)))
      from written w join room on room.id = w.thread_id join chat_users u on u.id = w.sender_id`;

/** `url` is the server's or an edge's. `run` keeps the people of one run apart from those of another. */
export function realHop(house: House, url: string, run: string, close: () => Promise<void> = async () => {}): Hop {
  const { databaseUrl, demo } = house;
  const { key, secret } = demo.site;

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

  const origin = new URL(demo.urls.demo).origin;
  return {
    url,
    origin,
    edgeKey: demo.edgeKey,
    site: key,
    room: 'lobby',
    session: (who, { lifeS = 1800, fromPage = false } = {}) => session(url, who, lifeS, fromPage ? origin : undefined),
    // Rows and events as a server writes them, in one statement, and its word to the other processes: by requests it would
    // take minutes.
    async flood(count, content) {
      const database = new pg.Client({ connectionString: databaseUrl });
      await database.connect();
      try {
        await database.query(floodSql, [key, 'lobby', count, content]);
        await database.query('notify chat_log');
      } finally {
        await database.end();
      }
    },
    close,
  };
}
