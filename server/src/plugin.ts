/** `chat()`: puts the chat into anybody's Payload. */
import { ChatError, errorAnswer, errorBody } from '@payload-chat/protocol';
import type { PostgresAdapter } from '@payloadcms/db-postgres';
import type { CollectionConfig, Config, Plugin } from 'payload';
import { withAccountAccess } from './access/accounts.ts';
import { accessLog } from './collections/access-log/collection.ts';
import { messages } from './collections/messages/collection.ts';
import { participants } from './collections/participants/collection.ts';
import { people } from './collections/people/collection.ts';
import { oneAtATime } from './collections/row-lock.ts';
import { sites } from './collections/sites/collection.ts';
import { threads } from './collections/threads/collection.ts';
import { chatEndpoints, messageEndpoints, participantEndpoints } from './endpoints/index.ts';
import { withAccountHooks } from './identity/account-hooks.ts';
import { prepareAdapter } from './log/adapter.ts';
import { asWriteFault, isNonsense } from './log/database-fault.ts';
import { type ChatOptions, resolveOptions } from './options.ts';
import { start } from './start.ts';

/**
 * Adds the collections `sites`, `chat-users`, `threads`, `participants` and `messages`, the chat's endpoints, and a
 * Postgres schema `chat` of its own at start.
 * @throws Error where one of the slugs is taken: the wire's paths are made of them.
 */
export function chat(given: ChatOptions = {}): Plugin {
  const options = resolveOptions(given);
  return (config: Config): Config => {
    const own = collections(options.users);
    // Without `admins` nobody would be left who may manage accounts.
    const accounts = (host: CollectionConfig) => withAccountHooks(given.admins ? withAccountAccess(host) : host);
    refuseClash(config.collections ?? [], own);
    return {
      ...config,
      custom: { ...config.custom, chat: options },
      collections: [
        ...(config.collections ?? []).map((host) => (host.slug === options.users ? accounts(host) : host)),
        ...own,
      ],
      endpoints: [...(config.endpoints ?? []), ...chatEndpoints],
      db: preparedDatabase(config.db),
      hooks: { ...config.hooks, afterError: [...(config.hooks?.afterError ?? []), sayFault] },
      onInit: async (payload) => {
        await start(payload);
        await config.onInit?.(payload);
      },
    };
  };
}

function collections(users: string): CollectionConfig[] {
  return [
    threads,
    { ...messages, endpoints: messageEndpoints },
    people(users),
    { ...participants, endpoints: participantEndpoints },
    sites(users),
    accessLog,
  ];
}

function refuseClash(theirs: CollectionConfig[], ours: CollectionConfig[]): void {
  const taken = ours.map(({ slug }) => slug).filter((slug) => theirs.some((host) => host.slug === slug));
  if (taken.length === 0) return;
  const names = taken.map((slug) => `"${slug}"`).join(', ');
  throw new Error(
    `chat() can't be added: this Payload already has the collection ${names}. The chat's paths are made of that name; rename yours.`,
  );
}

function preparedDatabase(db: Config['db']): Config['db'] {
  return {
    ...db,
    init: (args) => {
      const adapter = db.init(args);
      if (adapter.name !== 'postgres') throw new Error(`chat() needs @payloadcms/db-postgres, met "${adapter.name}".`);
      prepareAdapter(adapter as unknown as PostgresAdapter);
      return adapter;
    },
  };
}

/** What is stored there may be sent again after a fault that passes: a deadlock with the host's own code, a lost database. */
const ownSlugs = new Set(['messages', 'threads', 'participants', 'chat-users', 'sites', 'chat-access-log']);
/** Payload's own refusals at the chat's collections; faults of fields stay as the panel's form reads them. */
const codeOfStatus = { 401: 'unauthorized', 403: 'forbidden', 404: 'not-found' } as const;

type AfterError = NonNullable<NonNullable<Config['hooks']>['afterError']>[number];

/** A fault of the chat in Payload's own answers: with its code, and a sentence fit for strangers. */
const sayFault: AfterError = ({ collection, error: thrown, req }) => {
  const isOurs = ownSlugs.has(collection?.slug ?? '');
  const error = isOurs ? asWriteFault(thrown) : thrown;
  // Payload hands values of a `where` to Postgres unread.
  if (isNonsense(error)) return { response: errorBody(new ChatError('invalid')) as never, status: 400 };
  if (!(error instanceof ChatError)) {
    const invalid = fieldsOf(thrown);
    if (invalid)
      return { response: { errors: [{ ...(isOurs ? { code: 'invalid' } : {}), ...invalid }] } as never, status: 400 };
    const code = isOurs && codeOfStatus[(thrown as { status?: unknown }).status as keyof typeof codeOfStatus];
    if (!code) return undefined;
    // Payload refuses a write of many before any hook of the collection that has switched it off.
    const isOfMany = collection?.disableBulkEdit && req.method === 'PATCH' && req.routeParams?.id === undefined;
    const refusal = new ChatError(code, isOfMany ? { message: oneAtATime } : {});
    return { response: errorBody(refusal) as never, status: refusal.status };
  }
  const { 'Retry-After': retryAfter } = errorAnswer(error).headers;
  if (retryAfter) {
    req.responseHeaders ??= new Headers();
    req.responseHeaders.set('Retry-After', retryAfter);
  }
  return { response: errorBody(error) as never, status: error.status };
};

/**
 * What Payload's form shows at each field. Payload itself knows this fault by its class, of which a process of Next holds
 * several: then an owner was told that something is wrong, and not what.
 */
function fieldsOf(thrown: unknown): object | undefined {
  const { status, message, data } = (thrown ?? {}) as { status?: unknown; message?: unknown; data?: unknown };
  const { errors } = (data ?? {}) as { errors?: unknown };
  if (status !== 400 || !Array.isArray(errors)) return undefined;
  // A unique index says its table's name too, which is nobody's business.
  const fields = errors.map(({ label, message, path }: Record<string, unknown>) => ({ label, message, path }));
  return { name: 'ValidationError', message, data: { errors: fields } };
}
