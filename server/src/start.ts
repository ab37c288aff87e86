/** What happens once per process before the chat serves anybody. */
import type { Payload } from 'payload';
import { watchSockets } from './endpoints/sockets.ts';
import { adapterOf, queryOf, tablesOf } from './log/database.ts';
import { install } from './log/install.ts';
import { checkNames } from './log/search-path.ts';
import { optionsOf } from './options.ts';
import { runtimeIfStarted, startRuntime } from './runtime.ts';

/** @throws Error with a sentence that says what is missing and what to run. */
export async function start(payload: Payload): Promise<void> {
  // `next build` loads the config to collect pages; there may be no database.
  if (process.env.NEXT_PHASE === 'phase-production-build' || runtimeIfStarted(payload)) return;
  checkAccounts(payload);
  checkEdgeKeys(payload);
  await checkTables(payload);
  await checkTransactions(payload);
  watchSockets();
  await install(payload);
  await checkNames(payload);
  startRuntime(payload);
}

function checkAccounts(payload: Payload): void {
  const { users } = optionsOf(payload);
  if (!payload.collections[users]?.config.auth)
    throw new Error(`chat({ users: "${users}" }): this Payload has no auth collection of that name.`);
}

/** Shortest key of an edge that production takes, in characters: who guesses one reads every site's log. */
const edgeKeyChars = 32;

function checkEdgeKeys(payload: Payload): void {
  if (process.env.NODE_ENV !== 'production') return;
  const { edgeKeys } = optionsOf(payload);
  if (edgeKeys.some((key) => key.length < edgeKeyChars))
    throw new Error(
      `chat({ edgeKeys }): one is shorter than ${edgeKeyChars} characters, which production does not take. Make one: openssl rand -base64 32`,
    );
}

async function checkTables(payload: Payload): Promise<void> {
  const rows = await queryOf(payload)<{ name: string; found: boolean }>(
    'select name, to_regclass(name) is not null as found from unnest($1::text[]) name',
    [Object.values(tablesOf(payload))],
  );
  const missing = rows.filter(({ found }) => !found).map(({ name }) => name);
  if (missing.length)
    throw new Error(
      `The chat's tables are not there (${missing.join(', ')}). Make a migration and run it: npx payload migrate:create chat && npx payload migrate`,
    );
}

/** The audience of an event is read after a lock: as of then, not as of the transaction's start. */
async function checkTransactions(payload: Payload): Promise<void> {
  const id = await payload.db.beginTransaction();
  if (!id) throw new Error('The chat needs transactions: take `transactionOptions: false` out of postgresAdapter().');
  const session = adapterOf(payload).sessions[id];
  try {
    const db = session?.db as unknown as { execute(text: string): Promise<{ rows: Array<Record<string, unknown>> }> };
    const { rows } = await db.execute('show transaction_isolation');
    const isolation = rows[0]?.transaction_isolation;
    if (isolation !== 'read committed')
      throw new Error(`The chat needs read committed transactions, this database's are ${isolation}.`);
  } finally {
    await payload.db.rollbackTransaction(id);
  }
}
