/** Every write that the server does for somebody. A new endpoint or collection has its line here, or under `writeNothing`. */
import type { Payload } from 'payload';
import { writesByHost } from './by-host.ts';
import { writesByPanel } from './by-panel.ts';
import { writesByPeople } from './by-people.ts';
import type { World, Write } from './world.ts';

export { makeWorld, type World, type Write } from './world.ts';

export const writesOf = (world: World): Write[] => [
  ...writesByPeople(world),
  ...writesByPanel(world),
  ...writesByHost(world),
];

/** Collections whose rows the chat makes, and the host's accounts, on which its sessions hang. */
const collections = ['sites', 'chat-users', 'threads', 'participants', 'messages', 'users'];

/** Doors that could write and don't, each with the reason. */
export const writeNothing: ReadonlyArray<[door: RegExp, why: string]> = [
  [/^POST .*\/access\/:id\?$/, 'asks what one may do'],
  [/^POST .*\/versions\/:id$/, 'no collection of the chat keeps versions'],
  [/^(PATCH|DELETE) \/api\/(?!users)[a-z-]+\/$/, 'many at once are refused over REST'],
  [/^(POST|PATCH|DELETE) \/api\/chat-users\//, 'nobody may: people come by their proofs'],
  [/^(POST|PATCH|DELETE) \/api\/chat-access-log\//, 'nobody may: it is noted beside what is read'],
  [/^PATCH \/api\/participants\/:id$/, 'nobody may: receipts have an endpoint of their own'],
  [/^DELETE \/api\/(threads|sites)\/:id$/, 'nobody may'],
  [/^POST \/api\/chat\/(ticket|grant)$/, 'answers a proof and keeps nothing'],
  [/^POST \/api\/chat\/threads\/:id\/typing$/, 'a signal, which may be lost'],
  [/^POST \/api\/users\/(login|refresh-token|forgot-password|reset-password|first-register|unlock|)$/, 'Payload’s own'],
  [/^POST \/api\/users\/verify\/:id$/, 'Payload’s own'],
  [/^(PATCH|DELETE) \/api\/users\/$/, 'Payload’s own: one by one it does what the same with an id does'],
  [/^\w+ \/api\/payload-[a-z-]+\//, 'Payload’s own'],
  [/^create users$/, 'Payload’s own: an account is nobody of the chat before his first session'],
  [/^update chat-users$/, 'renaming a person makes no event (an admitted gap), and answers for no place in the log'],
  [/^delete threads$/, 'refused: a conversation is erased by its messages'],
];

/** Every door by which something could be written: over HTTP as it is registered, and by the host's own code. */
export function doorsOf({ config }: Payload): string[] {
  const writing = ({ method }: { method: string }) => !['get', 'head', 'options'].includes(method);
  const byHttp = [
    ...config.collections.flatMap(({ slug, endpoints }) =>
      (endpoints || []).filter(writing).map(({ method, path }) => `${method.toUpperCase()} /api/${slug}${path}`),
    ),
    ...(config.endpoints ?? []).filter(writing).map(({ method, path }) => `${method.toUpperCase()} /api${path}`),
  ];
  const byHost = collections.flatMap((slug) => ['create', 'update', 'delete'].map((what) => `${what} ${slug}`));
  // An endpoint of ours stands before Payload's own of the same place.
  const own = (door: string) => door.replace(/^POST \/api\/messages\/$/, 'POST /api/messages');
  return [...new Set([...byHttp.map(own), ...byHost])];
}
