/** Postgres itself, past every line: what faults do to it, and what the checker believes. */
import pg from 'pg';

export interface Database {
  /** Asks as a superuser, in the server's database unless named; tries again while Postgres recovers. */
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[], database?: string): Promise<R[]>;
  /**
   * A transaction that stays open after these statements, in a database of its own connection; the answer rolls it back.
   * Where Postgres is dying meanwhile there is nothing to hold open.
   */
  holdOpen(statements: string[], database?: string): Promise<() => Promise<void>>;
  /** Lets go of every connection to the server's database, so that it can be copied or renamed. */
  release(): Promise<void>;
  close(): Promise<void>;
}

/** The server's database. */
export const served = 'payload';

/** How long a question waits for a Postgres that comes back, in ms. */
const patienceMs = 30_000;
/** How long one that is there may take to answer, in ms. */
const answerMs = 5000;

/** @param url of the server's role; the superuser has the same password. */
export async function openDatabase(url: string): Promise<Database> {
  const config = new URL(url);
  config.username = 'postgres';
  const pools = new Map<string, pg.Pool>();

  function at(database: string): string {
    const url = new URL(config);
    url.pathname = `/${database}`;
    return url.toString();
  }

  function poolOf(database: string): pg.Pool {
    const held = pools.get(database);
    if (held) return held;
    const pool = new pg.Pool({ connectionString: at(database), max: 4, idleTimeoutMillis: 500 });
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    pools.set(database, pool);
    return pool;
  }

  return {
    async query<R extends pg.QueryResultRow>(text: string, values: unknown[] = [], database = served) {
      for (const endMs = Date.now() + patienceMs; ; ) {
        try {
          return (await poolOf(database).query<R>(text, values)).rows;
        } catch (error) {
          if (Date.now() > endMs || !isPassing(error)) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    async holdOpen(statements, database = served) {
      const client = new pg.Client({
        connectionString: at(database),
        connectionTimeoutMillis: answerMs,
        query_timeout: answerMs,
      });
      client.on('error', () => {});
      try {
        await client.connect();
        for (const statement of ['begin', ...statements]) await client.query(statement);
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      // Its end rolls everything back. A question to one that never stood would wait for ever.
      return () =>
        Promise.race([client.end().catch(() => {}), new Promise<void>((resolve) => setTimeout(resolve, answerMs))]);
    },
    async release() {
      const pool = pools.get(served);
      pools.delete(served);
      await pool?.end();
    },
    async close() {
      for (const pool of pools.values()) await pool.end();
    },
  };
}

/** It is away, starting, or ended our session; all of which a fault may have done. */
function isPassing(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string };
  if (code === undefined) return /terminated|timeout|closed|ended|not queryable/i.test(message);
  return /^(ECONN|EPIPE|57P|08|3D000|25006|55006)/.test(code);
}
