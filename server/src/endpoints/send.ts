/** Sending, editing and deleting messages (SPEC: Send). Payload's paths and shapes, the chat's rules. */
import {
  ChatError,
  type Fault,
  type Message,
  object,
  type Parser,
  type SendRequest,
  sendRequest,
  text,
} from '@payload-chat/protocol';
import { contentChars } from '../collections/sites/site-limits.ts';
import { accountJwt } from '../identity/account-login.ts';
import { bearer, type Caller, someCaller } from '../identity/caller.ts';
import { edit, remove } from '../messages/change.ts';
import { post } from '../messages/post.ts';
import { readBody } from './body.ts';
import { endpoint, json } from './endpoint.ts';
import { limitChanges, limitSends } from './limits.ts';
import { pathParam, siteOfRow } from './visible-thread.ts';

/** As `sendRequest`, with what only this hop can say: one target, text that is more than blanks. */
const sendBody: Parser<SendRequest> = (value, faults, field) => {
  const request: SendRequest | undefined = sendRequest(withTextIds(value), faults, field);
  if (!request) return request; // Not an object, as is said by then.
  const targets = (['thread', 'room', 'receiver'] as const).filter((name) => request[name] !== undefined);
  for (const extra of targets.slice(1)) faults.push({ field: extra, message: 'A message goes to one place.' });
  refuseBlank(request.content, faults);
  return request;
};

const refuseBlank = (content: unknown, faults: Fault[]) => {
  if (typeof content === 'string' && content !== '' && content.trim() === '')
    faults.push({ field: 'content', message: 'A message needs text.' });
};

/** Where the host numbers its accounts, the seed's form says `receiver: 2`. */
function withTextIds(value: unknown): unknown {
  const receiver = (value as { receiver?: unknown } | null)?.receiver;
  return Number.isSafeInteger(receiver) ? { ...(value as object), receiver: String(receiver) } : value;
}

const editShape = object({ content: text(1) });
const editBody: Parser<{ content: string }> = (value, faults, field) => {
  const request: { content: string } | undefined = editShape(value, faults, field);
  refuseBlank(request?.content, faults);
  return request;
};

export const sendEndpoint = endpoint('send', async (req) => {
  // Who nobody is learns nothing of the body; an account's site may depend on it, and is looked for after.
  const isToken = bearer(req.headers.get('Authorization')) !== undefined;
  if (isToken) limitSends(req, await someCaller(req));
  else if (!accountJwt(req)) throw new ChatError('unauthorized');
  const request = await readBody(req, sendBody);
  const who = await someCaller(req, request.thread ? siteOfRow(req, 'threads', request.thread) : undefined);
  if (!isToken) limitSends(req, who);
  refuseLong(request.content, who);
  const { created, message, pos } = await post(req, who, request);
  return json(
    { doc: placed(message, pos), message: created ? 'Message sent.' : 'Message was sent before.' },
    { status: created ? 201 : 200 },
  );
});

/** @throws ChatError `too-large` for what is longer than the site takes. */
function refuseLong(content: string, { site }: Caller): void {
  const most = contentChars(site);
  if (content.length > most)
    throw new ChatError('too-large', { faults: [{ field: 'content', message: `At most ${most} characters.` }] });
}

export const editEndpoint = endpoint('edit', async (req) => {
  const id = pathParam(req, 'id');
  const who = await someCaller(req, siteOfRow(req, 'messages', id));
  limitChanges(req, who);
  const { content } = await readBody(req, editBody);
  refuseLong(content, who);
  const { message, pos } = await edit(req, who, id, content);
  return json({ doc: placed(message, pos), message: 'Updated successfully.' });
});

export const removeEndpoint = endpoint('remove', async (req) => {
  const id = pathParam(req, 'id');
  const who = await someCaller(req, siteOfRow(req, 'messages', id));
  limitChanges(req, who);
  const { message, pos } = await remove(req, who, id);
  return json({ doc: placed(message, pos), message: 'Deleted successfully.' });
});

/** The message with its event's place in the site's log. */
const placed = (message: Message, pos: number | undefined) => ({ ...message, ...(pos === undefined ? {} : { pos }) });
