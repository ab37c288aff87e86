/**
 * Rows of the chat's collections as the server's own code reads them. The same words serve a Payload document at depth 0
 * and a row of our own SQL, whose column lists stand here.
 */
import type { ThreadKind, ThreadStatus, UserKind } from '@payload-chat/protocol';

type Source = Record<string, unknown>;

export interface PersonRow {
  id: string;
  name: string;
  kind: UserKind;
  avatar: string | undefined;
  /** Id of the host's account, as text: members and agents. */
  account: string | undefined;
  /** The option `admins` said yes when last asked. */
  staff: boolean;
  /** The site's key: externals and visitors. */
  site: string | undefined;
}

export interface ThreadRow {
  id: string;
  /** The site's key. */
  site: string;
  kind: ThreadKind;
  key: string | undefined;
  title: string | undefined;
  status: ThreadStatus;
  public: boolean;
  changed: number;
  createdAt: string;
}

export interface SeatRow {
  id: string;
  thread: string;
  user: string;
  readSeq: number;
  joinedAt: string;
  /** A place to keep a receipt, on no wire and giving no right: a room's writer, an agent who only reads. */
  quiet: boolean;
}

export interface MessageRow {
  id: string;
  thread: string;
  sender: string;
  content: string;
  localId: string | undefined;
  contentHash: string | undefined;
  timestamp: string;
  /** 0 before the commit that numbers it. */
  seq: number;
  changed: number;
  replyTo: string | undefined;
  editedAt: string | undefined;
  deletedAt: string | undefined;
}

/** Select lists for `personRow` and its like; the table is to be aliased as the name says. */
export const columns = {
  person: 'u.id, u.name, u.kind, u.avatar, u.account_id as account, u.staff, u.site_id as site',
  thread: `t.id, t.site_id as site, t.kind, t.key, t.title, t.status, t.public, t.changed, t.created_at as "createdAt"`,
  seat: `p.id, p.thread_id as thread, p.user_id as "user", p.read_seq as "readSeq", p.joined_at as "joinedAt", p.quiet`,
  message: `m.id, m.thread_id as thread, m.sender_id as sender, m.content, m.local_id as "localId",
    m.content_hash as "contentHash", m.timestamp, m.seq, m.changed, m.reply_to_id as "replyTo",
    m.edited_at as "editedAt", m.deleted_at as "deletedAt"`,
} as const;

export function personRow(source: Source): PersonRow {
  return {
    id: String(source.id),
    name: String(source.name ?? ''),
    kind: source.kind as UserKind,
    avatar: textOf(source.avatar),
    account: idOf(source.account),
    staff: source.staff === true,
    site: idOf(source.site),
  };
}

export function threadRow(source: Source): ThreadRow {
  return {
    id: String(source.id),
    site: String(idOf(source.site)),
    kind: source.kind as ThreadKind,
    key: textOf(source.key),
    title: textOf(source.title),
    status: source.status as ThreadStatus,
    public: source.public === true,
    changed: Number(source.changed ?? 0),
    createdAt: iso(source.createdAt) ?? '',
  };
}

export function seatRow(source: Source): SeatRow {
  return {
    id: String(source.id),
    thread: String(idOf(source.thread)),
    user: String(idOf(source.user)),
    readSeq: Number(source.readSeq ?? 0),
    joinedAt: iso(source.joinedAt) ?? '',
    quiet: source.quiet === true,
  };
}

export function messageRow(source: Source): MessageRow {
  return {
    id: String(source.id),
    thread: String(idOf(source.thread)),
    sender: String(idOf(source.sender)),
    content: String(source.content ?? ''),
    localId: textOf(source.localId),
    contentHash: textOf(source.contentHash),
    timestamp: iso(source.timestamp) ?? '',
    seq: Number(source.seq ?? 0),
    changed: Number(source.changed ?? 0),
    replyTo: idOf(source.replyTo),
    editedAt: iso(source.editedAt),
    deletedAt: iso(source.deletedAt),
  };
}

/** A relation's id as text, populated or not. */
export function idOf(value: unknown): string | undefined {
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : value;
  return id === undefined || id === null ? undefined : String(id);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Drivers answer times as Date, as ISO text or in Postgres' own form. */
function iso(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  return (value instanceof Date ? value : new Date(String(value))).toISOString();
}
