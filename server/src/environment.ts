/** The app's settings, read in one place. A plugin's host never loads this file. */

/** `next build` collects pages without a database or a secret. */
const building = process.env.NEXT_PHASE === 'phase-production-build';

type Variables = Record<string, string | undefined>;

/** @throws Error that names the variable. */
function needed(env: Variables, name: string): string {
  const value = env[name];
  if (value) return value;
  if (building) return '';
  throw new Error(`${name} is not set: the server does not start without it.`);
}

/** Shortest secret that production takes, in characters: 32 of base64url are 192 bits. */
const secretChars = 32;
/** Shortest password of the first admin. */
const passwordChars = 12;
/** What stands in tutorials, templates and other people's repositories. */
const wellKnown =
  /secret_?here|change[-_ ]?(me|this|it)|^your[-_ ]|example|placeholder|^(payload|my|super)[-_ ]?secret|^(test|secret|password|edge)[-_]?(secret|key)?$/i;

/** Why production does not take it, by the variable's name; never by its value. */
function refuseWeak(name: string, value: string, least: number): void {
  const make = 'Make one: openssl rand -base64 32';
  if (value.length < least)
    throw new Error(
      `${name} is too short for production: ${value.length} characters, at least ${least} are needed. ${make}`,
    );
  if (wellKnown.test(value) || new Set(value).size < 8)
    throw new Error(`${name} is a value that anybody could guess: production does not start with it. ${make}`);
}

/** @throws Error that names the variable. */
function refuseWeakSecrets({ secret, edgeKeys, admin }: Environment): void {
  refuseWeak('PAYLOAD_SECRET', secret, secretChars);
  for (const key of edgeKeys) refuseWeak('CHAT_EDGE_KEYS', key, secretChars);
  if (edgeKeys.includes(secret)) throw new Error('CHAT_EDGE_KEYS holds PAYLOAD_SECRET: an edge must not have it.');
  if (admin) refuseWeak('CHAT_ADMIN_PASSWORD', admin.password, passwordChars);
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
  /** Where pages load `chat.js` from: an edge. */
  edgeUrl: string | undefined;
  /** How long the log remembers, where it is said. */
  log: { keepDays?: number; keepEvents?: number };
  /** Over how long a process that is told to stop sends its readers away, in ms, where it is said. */
  drainMs?: number;
  /** A level of pino: the log is JSON lines then. Without, Payload's own readable lines. */
  logLevel: string | undefined;
  /** Where the log goes; to the standard output unless given. */
  logTo?: DestinationStream;
}

export interface DestinationStream {
  write(line: string): void;
}

/** @throws Error that names the variable that is missing, or in production too weak. */
export function readEnvironment(env: Variables = process.env): Environment {
  const seedOrigins = list(env.CHAT_SEED_ORIGINS);
  const read: Environment = {
    databaseUrl: needed(env, 'DATABASE_URL'),
    secret: needed(env, 'PAYLOAD_SECRET') || 'building',
    serverUrl: (env.SERVER_URL ?? `http://localhost:${env.PORT ?? 3000}`).replace(/\/$/, ''),
    edgeKeys: list(env.CHAT_EDGE_KEYS),
    corsOrigins: env.CORS_ORIGINS === undefined ? seedOrigins : list(env.CORS_ORIGINS),
    seedFile: env.CHAT_SEED_FILE || undefined,
    seedOrigins,
    admin:
      env.CHAT_ADMIN_EMAIL && env.CHAT_ADMIN_PASSWORD
        ? { email: env.CHAT_ADMIN_EMAIL, password: env.CHAT_ADMIN_PASSWORD }
        : undefined,
    edgeUrl: env.CHAT_EDGE_URL || undefined,
    trustedHops: Number(env.CHAT_TRUSTED_HOPS ?? 0) || 0,
    log: {
      ...(env.CHAT_LOG_KEEP_DAYS ? { keepDays: Number(env.CHAT_LOG_KEEP_DAYS) } : {}),
      ...(env.CHAT_LOG_KEEP_EVENTS ? { keepEvents: Number(env.CHAT_LOG_KEEP_EVENTS) } : {}),
    },
    ...(env.CHAT_DRAIN_MS ? { drainMs: Number(env.CHAT_DRAIN_MS) } : {}),
    logLevel: env.LOG_LEVEL || undefined,
  };
  if (env.NODE_ENV === 'production' && !building) refuseWeakSecrets(read);
  return read;
}
