/** Appends to a site's log, in the same transaction as the change that the event tells of. */
import type { EventType } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { newId } from '../collections/new-id.ts';
import { noteOf } from './commit-proof.ts';
import { transactionOf } from './database.ts';

export interface Happening {
  /** The site's key. */
  site: string;
  /** `null` for a fact of no thread. */
  thread: string | null;
  type: EventType;
  /** The id of the row that changed: its `seq` and `changed` are written at commit. */
  entity: string | null;
  /** The whole resulting entity under its name on the wire, without `seq` and `changed`, which don't exist yet. */
  payload: Record<string, unknown>;
  /** The chat user who did it. */
  actor: string | null;
  /** Topics beside those of the thread's seats, which are read at commit. */
  topics?: string[];
}

/**
 * Answers the event's id; its place is known after the commit (`inTransaction`).
 * @throws ChatError `internal` where the request has no transaction.
 */
export async function append(req: PayloadRequest, happening: Happening): Promise<string> {
  const query = await transactionOf(req);
  const { site, thread, type, entity, payload, actor, topics = [] } = happening;
  // Rising with time: a random one would touch another page of a large index with every event.
  const id = newId();
  await query(
    `insert into chat.events (id, site, thread, type, entity, payload, actor, topics)
      values ($1::uuid, $2, $3, $4, $5, $6::jsonb, $7, $8::text[])`,
    [id, site, thread, type, entity, JSON.stringify(payload), actor, topics],
  );
  (await noteOf(req)).events.push({ id, entity });
  return id;
}

/** Notes a write that makes no event (a receipt), so that its commit is proven too. Once a transaction is enough. */
export async function noteWrite(req: PayloadRequest): Promise<void> {
  const query = await transactionOf(req);
  const note = await noteOf(req);
  if (note.xid !== undefined || note.events.length) return;
  const [row] = await query<{ xid: string }>('select pg_current_xact_id()::text as xid');
  note.xid = row?.xid;
}

/**
 * Puts the content of now into everything that the log still says of a message: nothing deleted or edited away stays
 * readable in it. All other fields keep what they said.
 */
export async function rewriteContent(req: PayloadRequest, message: string, content: string): Promise<void> {
  const query = await transactionOf(req);
  await query(
    `update chat.events set payload = jsonb_set(payload, '{message,content}', to_jsonb($2::text))
      where entity = $1 and type like 'message.%' and payload #>> '{message,content}' <> $2`,
    [message, content],
  );
}
