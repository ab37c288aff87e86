/** The ready app: Payload with the chat and accounts of its own. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { postgresAdapter } from '@payloadcms/db-postgres';
import { buildConfig, type Config, defaultLoggerOptions, type SanitizedConfig } from 'payload';
import type { DestinationStream, Environment } from './environment.ts';
import { type ChatOptions, chat } from './index.ts';
import { migrated } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { quietly } from './quiet-error.ts';
import { seed } from './seed/seed.ts';
import { users } from './users.ts';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Connections to Postgres that one process holds at most, the LISTEN session aside. */
const poolMax = 20;

/** `options` reach the plugin beside what the environment says: tests tighten limits with it. */
export function appConfig(environment: Environment, options: ChatOptions = {}): Promise<SanitizedConfig> {
  return buildConfig({
    secret: environment.secret,
    serverURL: environment.serverUrl,
    // An empty list would accept the cookie from any origin.
    csrf: [environment.serverUrl],
    cors: environment.corsOrigins,
    graphQL: { disable: true },
    telemetry: false,
    logger: loggerOf(environment),
    admin: {
      user: 'users',
      // Else every page asks gravatar.com for a picture, by a hash of the account's e-mail.
      avatar: 'default',
      importMap: { baseDir: here },
      meta: { titleSuffix: ' · Payload Chat' },
    },
    collections: [users],
    endpoints: [
      // Next's adapter would draw a picture here for whoever asks.
      {
        path: '/og',
        method: 'get',
        handler: () => Response.json({ errors: [{ code: 'not-found', message: 'Closed here.' }] }, { status: 404 }),
      },
    ],
    db: migrated(
      postgresAdapter({
        pool: { connectionString: environment.databaseUrl, max: poolMax, connectionTimeoutMillis: 10_000 },
        push: false,
        migrationDir: path.join(here, 'migrations'),
      }),
      migrations,
    ),
    plugins: [
      chat({
        admins: ({ role }) => role === 'admin',
        edgeKeys: environment.edgeKeys,
        trustedHops: environment.trustedHops,
        ...(environment.edgeUrl ? { edgeUrl: environment.edgeUrl } : {}),
        ...(environment.drainMs === undefined ? {} : { drainMs: environment.drainMs }),
        log: environment.log,
        ...options,
      }),
    ],
    typescript: { autoGenerate: false },
    onInit: (payload) => seed(payload, environment),
  });
}

/** JSON lines where a level is set, else Payload's own readable ones; errors without what came from outside. */
function loggerOf({ logLevel, logTo }: Environment): Config['logger'] {
  // Pino's own serializer would write over what `quietly` made.
  const options = {
    ...(logLevel ? { level: logLevel } : {}),
    hooks: { logMethod: quietly },
    serializers: { err: (error: unknown) => error },
  };
  const destination = logTo ?? (logLevel ? undefined : (defaultLoggerOptions as unknown as DestinationStream));
  return { options, ...(destination ? { destination } : {}) };
}
