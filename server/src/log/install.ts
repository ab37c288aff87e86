/**
 * Installs the log in its own Postgres schema `chat`, which no migration of the host ever looks at. Steps are numbered,
 * done once, only ever added to; several processes may start at the same moment.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Payload } from 'payload';
import { adapterOf, type Tables, tablesOf } from './database.ts';
import { lockTimeoutMs, numberingSql } from './numbering.ts';

/** Any number that nobody else locks; without the lock 28 of 40 parallel installs fail. */
const installLock = 7_231_934_509;

const steps: readonly string[] = [
  `create table chat.events (
    id uuid primary key,
    n bigserial not null,
    txid xid8 not null default pg_current_xact_id(),
    site text not null,
    pos bigint,
    thread text,
    seq bigint,
    type text not null,
    entity text,
    topics text[] not null default '{}',
    payload jsonb not null,
    actor text,
    created timestamptz not null default now()
  );
  create unique index events_place on chat.events (site, pos);
  create index events_pending on chat.events (txid) where pos is null;
  create index events_entity on chat.events (entity) where entity is not null;
  create table chat.sites (site text primary key, pos bigint not null);
  create table chat.threads (thread text primary key, seq bigint not null);
  create table chat.facts (name text primary key, value text not null);`,

  `create table chat.keys (
    kid text primary key,
    sealed text not null,
    created timestamptz not null default now(),
    active_from timestamptz not null,
    expires timestamptz not null
  );
  create table chat.revoked (sid text primary key, site text not null, until timestamptz not null);
  create index revoked_site on chat.revoked (site, until);`,

  // A member's session is Payload's, and may be of several sites. `ended` is how processes of earlier releases find what is new.
  `alter table chat.revoked drop constraint revoked_pkey, add primary key (sid, site),
    add column ended timestamptz not null default now();
  create index revoked_ended on chat.revoked (ended);`,

  // Every event is written twice, and a fifth of a large log is too many dead rows to wait for.
  `alter table chat.events set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02);`,

  // With `before` the row names a user, all of whose sessions issued until then have ended. A visitor is claimed once.
  `alter table chat.revoked add column before bigint;
  create table chat.claims (
    visitor text primary key,
    site text not null,
    claimant text not null,
    created timestamptz not null default now()
  );
  create index claims_claimant on chat.claims (claimant);`,

  // Which page of a site last opened a session, and which was refused.
  `create table chat.seen (
    site text primary key,
    origin text,
    at timestamptz,
    refused_origin text,
    refused_at timestamptz
  );`,
];

/** Brings the schema up to date; an older release beside this one keeps working. */
export async function install(payload: Payload): Promise<void> {
  const client = await adapterOf(payload).pool.connect();
  let failed: Error | undefined;
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [installLock]);
    // A step that waited for a long transaction would hold up everybody behind it.
    await client.query(`set local lock_timeout = '${lockTimeoutMs}ms'`);
    await client.query('create schema if not exists chat');
    await client.query(
      'create table if not exists chat.steps (step int primary key, done timestamptz not null default now())',
    );
    const { rows } = await client.query<{ step: number }>('select step from chat.steps');
    const done = new Set(rows.map(({ step }) => step));
    for (const [index, step] of steps.entries()) {
      if (done.has(index + 1)) continue;
      await client.query(step);
      await client.query('insert into chat.steps (step) values ($1)', [index + 1]);
    }
    await installNumbering((text, values) => client.query(text, values), tablesOf(payload));
    await client.query(`insert into chat.facts values ('installed', $1) on conflict do nothing`, [randomUUID()]);
    await client.query('commit');
  } catch (error) {
    failed = error as Error;
    // The connection may be what failed.
    await client.query('rollback').catch(() => undefined);
    throw new Error(`The chat could not install its schema "chat": ${failed.message}`, { cause: error });
  } finally {
    client.release(failed);
  }
}

/** The function knows the host's table names; it is replaced only when its text has changed. */
async function installNumbering(
  query: (text: string, values?: unknown[]) => Promise<{ rows: Array<Record<string, unknown>> }>,
  tables: Tables,
): Promise<void> {
  const text = numberingSql(tables);
  const hash = createHash('sha256').update(text).digest('hex');
  const { rows } = await query(`select value from chat.facts where name = 'numbering'`);
  if (rows[0]?.value === hash) return;
  await query(text);
  const { rows: triggers } = await query(
    `select 1 from pg_trigger where tgname = 'number_events' and tgrelid = 'chat.events'::regclass`,
  );
  // Once: it locks the whole table, behind whoever writes and before whoever wants to.
  if (triggers.length === 0)
    await query(`create constraint trigger number_events after insert on chat.events
      deferrable initially deferred for each row execute function chat.number_events()`);
  await query(
    `insert into chat.facts values ('numbering', $1)
    on conflict (name) do update set value = excluded.value`,
    [hash],
  );
}
