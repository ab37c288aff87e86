/** The entities of the wire (SPEC: Shapes) and the limits every hop holds them to. Ids are text, times ISO 8601. */
import { list, nullable, object, optional, type Parsed, type Parser, text, whole, word } from './shape.ts';

/** The bounds of what people send. */
export const limits = {
  /** Content of a message, in UTF-16 units; above it 413. */
  contentChars: 4000,
  /** A request's body, in bytes; above it 413. */
  bodyBytes: 65_536,
  /** A sender's own id of a message, in UTF-16 units. */
  localIdChars: 128,
  /** Messages in one page of a snapshot. */
  pageMessages: 100,
  /** Where unread stops counting; shown as "99+". */
  unreadCount: 100,
  /** A typing signal is passed on at most once per this span, user and thread. */
  typingEveryMs: 3000,
  /** How long a reader shows it. */
  typingShownMs: 6000,
} as const;

export type UserKind = 'member' | 'agent' | 'external' | 'visitor' | 'guest';
export type ThreadKind = 'direct' | 'support' | 'room';
export type ThreadStatus = 'open' | 'closed';

const id = text(1);

/** A person of the chat as others see him: never an e-mail, a role or a flag. */
export const user = object({ id, name: text(), kind: word<UserKind>(), avatar: optional(text()) });
export type User = Parsed<typeof user>;

/**
 * What somebody wrote. `seq` is that of its posting and never changes; `changed` is the seq of its newest event, its
 * version. With `deletedAt` it is a tombstone and its content is empty.
 */
export const message = object({
  id,
  thread: id,
  sender: user,
  content: text(),
  localId: optional(text()),
  timestamp: text(1),
  seq: whole(),
  changed: whole(),
  replyTo: optional(id),
  editedAt: optional(text(1)),
  deletedAt: optional(text(1)),
});
export type Message = Parsed<typeof message>;

/** A user's seat in a thread; `readSeq` is his receipt. */
export const participant = object({ id, thread: id, user, readSeq: whole(), joinedAt: text(1) });
export type Participant = Parsed<typeof participant>;

/** A conversation. `key` names a room within its site. */
export const thread = object({
  id,
  kind: word<ThreadKind>(),
  key: optional(text(1)),
  title: optional(text()),
  status: word<ThreadStatus>(),
  changed: whole(),
  createdAt: text(1),
});
export type Thread = Parsed<typeof thread>;

/** A thread's state at a cursor. `me` is null in a room, whose snapshot is the same for everyone. */
export const snapshot = object({
  thread,
  participants: list(participant),
  messages: list(message),
  cursor: text(1),
  me: nullable(object({ unread: whole(), readSeq: whole() })),
});
export type Snapshot = Parsed<typeof snapshot>;

/** A row of the caller's list of threads. */
export const threadRow = object({
  thread,
  participants: list(participant),
  lastMessage: nullable(message),
  unread: whole(),
});
export type ThreadRow = Parsed<typeof threadRow>;

const said = optional(text());

/**
 * What `POST /api/chat/session` answers; `visitor` is the handle that a visitor keeps for his next visit. `texts` and
 * `limits` are the site's own. `rooms: 'read'` in a guest's: he can't become one who writes in public rooms.
 */
export const session = object({
  token: text(1),
  expiresAt: text(1),
  user,
  site: text(1),
  visitor: said,
  texts: optional(object({ title: said, greeting: said, greetingText: said, placeholder: said })),
  limits: optional(object({ contentLength: optional(whole(1)) })),
  rooms: said as Parser<'read' | undefined>,
});
export type Session = Parsed<typeof session>;

/** What `POST /api/messages` is asked, once its shape was believed. Lengths of content are checked apart (413). */
export const sendRequest = object({
  thread: optional(text(1, 64)),
  receiver: optional(word<string>()),
  room: optional(text(1, 128)),
  content: text(1),
  localId: optional(text(1, limits.localIdChars)),
  replyTo: optional(text(1, 64)),
});
export type SendRequest = Parsed<typeof sendRequest>;
