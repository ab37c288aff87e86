import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { account, localReq, memberCaller, room, site, startApp } from '../../test/app.ts';
import { post } from '../messages/post.ts';
import { queryOf } from './database.ts';

const databases: string[] = [];
let root: pg.Client;
beforeAll(async () => {
  root = new pg.Client(`${inject('postgresUrl')}/postgres`);
  await root.connect();
  await root.query(`create role chat login password 'test'`);
});
afterAll(async () => {
  for (const name of databases) await root.query(`drop database ${name} with (force)`);
  await root.query('drop role chat');
  await root.end();
});

/** An empty database of the role `chat`. */
async function ownDatabase(): Promise<string> {
  const name = `chat_${randomBytes(6).toString('hex')}`;
  databases.push(name);
  await root.query(`create database ${name} owner chat`);
  const url = new URL(inject('postgresUrl'));
  url.username = 'chat';
  url.password = 'test';
  url.pathname = `/${name}`;
  return url.toString();
}

test('a role named chat finds its own tables before the log’s: at the first start and at the next', async () => {
  const databaseUrl = await ownDatabase();
  for (const key of ['first', 'second']) {
    const app = await startApp({ databaseUrl });
    try {
      const at = await site(app.payload, key);
      await room(app.payload, key, 'lobby');
      const caller = await memberCaller(app.payload, at, await account(app.payload, `Ana ${key}`));
      const { pos } = await post(await localReq(app.payload), caller, { room: 'lobby', content: 'hello' });
      expect(pos).toBe(2);
      // None of Payload's went where the log lives.
      const strays = await queryOf(app.payload)(
        `select relname from pg_class where relnamespace = 'chat'::regnamespace
          and relname in ('messages', 'participants', 'users', 'payload_migrations')`,
      );
      expect(strays).toEqual([]);
    } finally {
      await app.close();
    }
  }
});

test('a search_path that puts the log first stops the start with a sentence', async () => {
  const databaseUrl = await ownDatabase();
  const { pathname } = new URL(databaseUrl);
  await root.query(`alter role chat in database ${pathname.slice(1)} set search_path = 'chat', 'public'`);
  await expect(startApp({ databaseUrl })).rejects.toThrow(`alter role "chat" set search_path = public`);
});
