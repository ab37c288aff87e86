/**
 * What may be asked by `where` and `sort`: the rows' own fields. A path that leads on into another row is a way to probe
 * what one may not see, or to make the database work for an answer that nobody needs.
 */
import { ChatError } from '@payload-chat/protocol';
import type { CollectionBeforeOperationHook, PayloadRequest, SanitizedCollectionConfig } from 'payload';
import { readerOf } from './reader.ts';

/** How deep conditions may stand in one another. */
const depthMax = 5;

/** For `beforeOperation` of the chat's collections; admins and the host's own code may ask whatever Payload lets them. */
export const askOwnFields: CollectionBeforeOperationHook = async ({ args, collection, req }) => {
  const { where, sort, joins, overrideAccess } = args as Asked;
  if (overrideAccess || (where === undefined && sort === undefined && !joins)) return;
  const foreign =
    [...pathsOf(where, 0), ...sortsOf(sort)].find(leadsOn) ??
    joinedPaths(req, collection, joins).find(({ isOwn }) => !isOwn)?.path;
  if (foreign === undefined || (await readerOf(req)).is === 'admin') return;
  throw new ChatError('invalid', {
    faults: [{ field: foreign.slice(0, 64), message: 'Only the row’s own fields can be asked for.' }],
  });
};

interface Asked {
  where?: unknown;
  sort?: unknown;
  joins?: Record<string, { where?: unknown; sort?: unknown } | false> | false;
  overrideAccess?: boolean;
}

/**
 * What is asked of joined rows. Payload leaves a refusal of its own there to nobody, and an unhandled rejection ends a
 * process: so nothing passes but fields that the joined collection has and shows.
 */
function joinedPaths(
  req: PayloadRequest,
  collection: SanitizedCollectionConfig,
  joins: Asked['joins'],
): Array<{ path: string; isOwn: boolean }> {
  return Object.entries(joins || {}).flatMap(([name, asked]) => {
    const join = collection.flattenedFields.find((field) => field.name === name);
    const target = join?.type === 'join' && typeof join.collection === 'string' ? join.collection : undefined;
    const fields = (target && req.payload.collections[target]?.config.flattenedFields) || [];
    const has = (path: string) =>
      path === 'id' || fields.some((field) => field.name === path && !('hidden' in field && field.hidden));
    const { where, sort } = asked || {};
    return [...pathsOf(where, 0), ...sortsOf(sort)].map((path) => ({ path, isOwn: path === '' || has(path) }));
  });
}

/** GraphQL writes `a__b` for `a.b`. The id behind a relation is the relation itself. */
const leadsOn = (path: string) => /\.|__/.test(path.replace(/(\.|__)id$/, ''));

function* pathsOf(where: unknown, depth: number): Generator<string> {
  if (typeof where !== 'object' || where === null) return;
  if (depth > depthMax)
    throw new ChatError('invalid', { faults: [{ field: 'where', message: `At most ${depthMax} conditions deep.` }] });
  for (const [name, value] of Object.entries(where)) {
    if (/^(and|or)$/i.test(name)) for (const each of Object.values(value ?? {})) yield* pathsOf(each, depth + 1);
    else {
      yield name;
      // A condition on what a relation or a join leads to, as the value of `contains`.
      for (const inner of Object.values(value ?? {}))
        if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
          yield `${name}.${Object.keys(inner)[0]}`;
    }
  }
}

const sortsOf = (sort: unknown): string[] =>
  (Array.isArray(sort) ? sort : String(sort ?? '').split(',')).map((each) => String(each).replace(/^-/, ''));
