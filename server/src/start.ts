/** What happens once per process before the chat serves anybody. */
import type { Payload } from 'payload';
import { closeDefaults } from './closed-defaults.ts';
import { watchSockets } from './endpoints/sockets.ts';
import { adapterOf, queryOf, tablesOf } from './log/database.ts';
import { install } from './log/install.ts';
import { checkNames } from './log/search-path.ts';
import { optionsOf } from './options.ts';
import { keepRetention } from './privacy/retention.ts';
import { runtimeIfStarted, startRuntime } from './runtime.ts';

/** @throws Error with a sentence that says what is missing and what to run. */
export async function start(payload: Payload): Promise<void> {
  // `next build` loads the config to collect pages; there may be no database.
  if (process.env.NEXT_PHASE === 'phase-production-build' || runtimeIfStarted(payload)) return;
  checkAccounts(payload);
  checkEdgeKeys(payload);
  warnOfOpenDefaults(payload);
  await checkTables(payload);
  await checkTransactions(payload);
  closeDefaults(payload);
  watchSockets();
  await install(payload);
  await checkNames(payload);
  startRuntime(payload);
  keepRetention(payload);
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

/** What the chat can't close for the host, since only he knows his own address. */
function warnOfOpenDefaults({ config, logger }: Payload): void {
  if (config.csrf.length === 0)
    logger.warn('Payload takes its login cookie from any page: set serverURL, or csrf, in the config.');
  if (config.debug === true && process.env.NODE_ENV === 'production')
    logger.warn('Payload answers errors with their stack: take debug: true out of the config.');
}

/** Of every table of the chat's collections each column: an update may have brought new ones. */
async function checkTables(payload: Payload): Promise<void> {
  const { rawTables, schemaName = 'public' } = adapterOf(payload);
  const ours = Object.values(tablesOf(payload)).map((table) => table.split('.').at(-1)?.replaceAll('"', ''));
  const wanted = Object.values(rawTables)
    .filter(({ name }) => ours.includes(name) || /^sites(_|$)/.test(name))
    .flatMap(({ name, columns }) => Object.values(columns).map((column) => [name, column.name] as const));
  const rows = await queryOf(payload)<{ missing: string }>(
    `select w.name || '.' || w.column as missing from unnest($1::text[], $2::text[]) w(name, "column")
      where not exists (select 1 from information_schema.columns c
        where c.table_schema = $3 and c.table_name = w.name and c.column_name = w.column)`,
    [wanted.map(([name]) => name), wanted.map(([, column]) => column), schemaName],
  );
  if (rows.length)
    throw new Error(
      `The chat's tables are not as this release needs them (missing: ${rows
        .slice(0, 8)
        .map(({ missing }) => missing)
        .join(', ')}). Make a migration and run it: npx payload migrate:create chat && npx payload migrate`,
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
