/** How the chat's own SQL reaches Postgres: inside a request's transaction, or beside it. */
import { ChatError } from '@payload-chat/protocol';
import { type PostgresAdapter, sql } from '@payloadcms/db-postgres';
import type { Payload, PayloadRequest } from 'payload';

export type Row = Record<string, unknown>;

/** Runs one statement with `$1`-style values. */
export type Query = <R = Row>(text: string, values?: unknown[]) => Promise<R[]>;

/** The adapter under this Payload. */
export function adapterOf(payload: Payload): PostgresAdapter {
  return payload.db as unknown as PostgresAdapter;
}

/** Outside any transaction, on a pooled connection. */
export function queryOf(payload: Payload): Query {
  const { pool } = adapterOf(payload);
  return async <R>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as R[];
}

/**
 * Inside the request's transaction.
 * @throws ChatError `internal` where the request has none: the adapter itself would silently use a plain connection.
 */
export async function transactionOf(req: PayloadRequest): Promise<Query> {
  const id = await req.transactionID;
  const session = id === undefined ? undefined : adapterOf(req.payload).sessions[id];
  if (!session) {
    throw new ChatError('internal', {
      cause: new Error(
        'A write of the chat needs a transaction: pass req with one, and await every write before it ends.',
      ),
    });
  }
  const { execute } = session.db as unknown as { execute(statement: unknown): Promise<{ rows: unknown[] }> };
  return async <R>(text: string, values: unknown[] = []) =>
    (await execute.call(session.db, statement(text, values))).rows as R[];
}

/** Inside the request's transaction where it has one; a read needs none. */
export async function queryIn(req: PayloadRequest): Promise<Query> {
  const id = await req.transactionID;
  return id && adapterOf(req.payload).sessions[id] ? transactionOf(req) : queryOf(req.payload);
}

/** Drizzle's own form of a statement with `$1`-style values. */
function statement(text: string, values: unknown[]) {
  const chunks = text.split(/\$(\d+)/);
  return sql.join(
    chunks.map((chunk, index) => (index % 2 ? sql`${sql.param(values[Number(chunk) - 1])}` : sql.raw(chunk))),
  );
}

/** Names of Payload's tables, quoted and with their schema, as they are in this host. */
export interface Tables {
  accessLog: string;
  messages: string;
  people: string;
  participants: string;
  threads: string;
}

export function tablesOf(payload: Payload): Tables {
  const { schemaName, tableNameMap } = adapterOf(payload);
  const named = (table: string) => `"${schemaName ?? 'public'}"."${tableNameMap.get(table) ?? table}"`;
  return {
    accessLog: named('chat_access_log'),
    messages: named('messages'),
    people: named('chat_users'),
    participants: named('participants'),
    threads: named('threads'),
  };
}
