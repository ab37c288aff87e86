/** A host that has written no access rule at all: Payload's defaults, the plugin, and what it has of its own. */
import { postgresAdapter } from '@payloadcms/db-postgres';
import {
  buildConfig,
  type CollectionConfig,
  type Config,
  getPayload,
  handleEndpoints,
  type Payload,
  type SanitizedConfig,
} from 'payload';
import { type ChatOptions, chat } from '../src/index.ts';
import { type App, newDatabase, serverUrl } from './app.ts';

export interface PlainHost {
  app: App;
  payload: Payload;
  config: SanitizedConfig;
}

export interface PlainHostOptions extends ChatOptions {
  /** Names of text fields that its accounts have beside `name`. */
  accountFields?: string[];
  collections?: CollectionConfig[];
  globals?: Config['globals'];
}

/** `key` names this Payload among those of one process. */
export async function startPlainHost(
  key: string,
  { accountFields = [], collections = [], globals = [], ...options }: PlainHostOptions = {},
): Promise<PlainHost> {
  const databaseUrl = await newDatabase();
  const config = await buildConfig({
    secret: 'a host of the tests',
    serverURL: serverUrl,
    collections: [
      {
        slug: 'users',
        auth: true,
        fields: ['name', ...accountFields].map((name) => ({ name, type: 'text' as const })),
      },
      ...collections,
    ],
    globals,
    db: postgresAdapter({ pool: { connectionString: databaseUrl } }),
    plugins: [chat(options)],
    telemetry: false,
    typescript: { autoGenerate: false },
  });
  const payload = await getPayload({ config, key });
  payload.logger.level = 'silent';
  const app: App = {
    payload,
    databaseUrl,
    fetch: (path, init) =>
      handleEndpoints({ config, payloadInstanceCacheKey: key, request: new Request(serverUrl + path, init) }),
    close: () => payload.destroy(),
  };
  return { app, payload, config };
}
