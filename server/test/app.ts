/** The app in this process, on a database of its own, with two sites' worth of people to act. */
import { randomBytes } from 'node:crypto';
import { createLocalReq, getPayload, handleEndpoints, type Payload, type PayloadRequest } from 'payload';
import pg from 'pg';
import { inject } from 'vitest';
import { appConfig } from '../src/app-config.ts';
import { personOfAccount } from '../src/collections/people/ensure.ts';
import { readSite, type Site } from '../src/collections/sites/site.ts';
import { guarded } from '../src/endpoints/guarded-route.ts';
import type { Environment } from '../src/environment.ts';
import type { Caller } from '../src/identity/caller.ts';
import type { ChatOptions } from '../src/index.ts';
import { queryOf } from '../src/log/database.ts';

export const serverUrl = 'http://chat.test';
export const edgeKey = 'edge-key-of-the-tests';

export interface App {
  payload: Payload;
  databaseUrl: string;
  /** Asks the app as HTTP would. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

let instances = 0;

/** Starts the app. With `databaseUrl` a second process beside another app's. */
export async function startApp(given: Partial<Environment> = {}, options: ChatOptions = {}): Promise<App> {
  const databaseUrl = given.databaseUrl ?? (await newDatabase());
  const environment: Environment = {
    databaseUrl,
    secret: 'a secret of the tests',
    serverUrl,
    edgeKeys: [edgeKey],
    corsOrigins: [],
    seedFile: undefined,
    seedOrigins: [],
    admin: undefined,
    trustedHops: 0,
    edgeUrl: undefined,
    log: {},
    logLevel: process.env.TEST_LOG ?? 'silent',
    ...given,
  };
  const config = await appConfig(environment, options);
  const key = `test ${process.pid} ${instances++}`;
  const payload = await getPayload({ config, key });
  const route = guarded((request) => handleEndpoints({ config, payloadInstanceCacheKey: key, request }));
  return {
    payload,
    databaseUrl,
    fetch: (path, init) => route(new Request(serverUrl + path, init)),
    close: () => payload.destroy(),
  };
}

/** An empty database in the run's Postgres. */
export async function newDatabase(): Promise<string> {
  const name = `chat_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client(`${inject('postgresUrl')}/postgres`);
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return `${inject('postgresUrl')}/${name}`;
}

/** A request of the host's own code. */
export function localReq(payload: Payload): Promise<PayloadRequest> {
  return createLocalReq({}, payload);
}

export const password = 'a password of the tests';

export async function account(payload: Payload, name: string, role: 'admin' | 'agent' | 'member' = 'member') {
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`;
  const doc = await payload.create({
    collection: 'users',
    data: { name, email, password, role },
    overrideAccess: true,
  });
  return doc as unknown as { id: number; name: string; email: string; role: string };
}

export async function site(payload: Payload, key: string, data: Record<string, unknown> = {}): Promise<Site> {
  await payload.create({
    collection: 'sites',
    data: { key, name: key, origins: ['https://page.test'], visitors: true, ...data },
    overrideAccess: true,
  });
  return (await readSite(payload, key)) as Site;
}

export async function room(payload: Payload, siteKey: string, key: string, data: Record<string, unknown> = {}) {
  const doc = await payload.create({
    collection: 'threads',
    data: { site: siteKey, kind: 'room', key, title: key, public: true, ...data },
    overrideAccess: true,
  });
  return String(doc.id);
}

/** The caller that a chat token of this account would give. */
export async function memberCaller(payload: Payload, at: Site, who: { id: number }): Promise<Caller> {
  const doc = (await payload.findByID({ collection: 'users', id: who.id })) as unknown as Record<string, unknown>;
  const { id, name, kind } = personOfAccount(await localReq(payload), at, doc);
  return { user: { id, name, kind }, site: at, sid: `sid-${id}`, isAdmin: false, isModerator: kind === 'agent' };
}

export function visitorCaller(at: Site, name = 'Visitor'): Caller {
  const id = `v_${randomBytes(8).toString('hex')}`;
  return { user: { id, name, kind: 'visitor' }, site: at, sid: `sid-${id}`, isAdmin: false, isModerator: false };
}

/** All that a site's log holds, in order. */
export async function logOf(payload: Payload, siteKey: string) {
  return queryOf(payload)<{
    pos: string;
    thread: string | null;
    seq: string | null;
    type: string;
    entity: string | null;
    topics: string[];
    payload: Record<string, Record<string, unknown>>;
    actor: string | null;
  }>('select * from chat.events where site = $1 order by pos', [siteKey]);
}
