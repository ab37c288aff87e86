/** The app's settings, read in one place. A plugin's host never loads this file. */

/** `next build` collects pages without a database or a secret. */
const building = process.env.NEXT_PHASE === 'phase-production-build';

/** @throws Error that names the variable. */
function needed(name: string): string {
  const value = process.env[name];
  if (value) return value;
  if (building) return '';
  throw new Error(`${name} is not set: the server does not start without it.`);
}

const list = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

export interface Environment {
  databaseUrl: string;
  secret: string;
  /** The server's own origin. */
  serverUrl: string;
  edgeKeys: string[];
  /** Origins whose pages may read Payload's own REST, `/api/users/login` for one: never with cookies. */
  corsOrigins: string[];
  /** Where the seed writes what it made; no seed without. */
  seedFile: string | undefined;
  seedOrigins: string[];
  /** The first admin of an empty database, where nothing is seeded. */
  admin: { email: string; password: string } | undefined;
  trustedHops: number;
  /** How long the log remembers, where it is said. */
  log: { keepDays?: number; keepEvents?: number };
  /** A level of pino: the log is JSON lines then. Without, Payload's own readable lines. */
  logLevel: string | undefined;
}

export function readEnvironment(): Environment {
  const { env } = process;
  const seedOrigins = list(env.CHAT_SEED_ORIGINS);
  return {
    databaseUrl: needed('DATABASE_URL'),
    secret: needed('PAYLOAD_SECRET') || 'building',
    serverUrl: (env.SERVER_URL ?? `http://localhost:${env.PORT ?? 3000}`).replace(/\/$/, ''),
    edgeKeys: list(env.CHAT_EDGE_KEYS),
    corsOrigins: env.CORS_ORIGINS === undefined ? seedOrigins : list(env.CORS_ORIGINS),
    seedFile: env.CHAT_SEED_FILE || undefined,
    seedOrigins,
    admin:
      env.CHAT_ADMIN_EMAIL && env.CHAT_ADMIN_PASSWORD
        ? { email: env.CHAT_ADMIN_EMAIL, password: env.CHAT_ADMIN_PASSWORD }
        : undefined,
    trustedHops: Number(env.CHAT_TRUSTED_HOPS ?? 0) || 0,
    log: {
      ...(env.CHAT_LOG_KEEP_DAYS ? { keepDays: Number(env.CHAT_LOG_KEEP_DAYS) } : {}),
      ...(env.CHAT_LOG_KEEP_EVENTS ? { keepEvents: Number(env.CHAT_LOG_KEEP_EVENTS) } : {}),
    },
    logLevel: env.LOG_LEVEL || undefined,
  };
}
