/** Rows as the wire shows them: what is left out here reaches nobody. */
import type { Message, Participant, Thread, User } from '@payload-chat/protocol';
import type { MessageRow, PersonRow, SeatRow, ThreadRow } from './rows.ts';
import type { Site } from './sites/site.ts';

/** A person as others see him at this site: an account is an agent where the site or the host says so. */
export function toUser(person: PersonRow, site: Pick<Site, 'agents'>): User {
  const { id, name, kind, avatar, account, staff } = person;
  const agent = account !== undefined && (staff || site.agents.includes(account));
  return {
    id,
    name,
    kind: account === undefined ? kind : agent ? 'agent' : 'member',
    ...(avatar ? { avatar } : {}),
  };
}

export function toThread({ id, kind, key, title, status, changed, createdAt }: ThreadRow): Thread {
  return { id, kind, ...(key ? { key } : {}), ...(title ? { title } : {}), status, changed, createdAt };
}

export function toParticipant({ id, thread, readSeq, joinedAt }: SeatRow, user: User): Participant {
  return { id, thread, user, readSeq, joinedAt };
}

export function toMessage(row: MessageRow, sender: User): Message {
  const { id, thread, content, localId, timestamp, seq, changed, replyTo, editedAt, deletedAt } = row;
  return {
    id,
    thread,
    sender,
    content: deletedAt ? '' : content,
    ...(localId ? { localId } : {}),
    timestamp,
    seq,
    changed,
    ...(replyTo ? { replyTo } : {}),
    ...(editedAt ? { editedAt } : {}),
    ...(deletedAt ? { deletedAt } : {}),
  };
}
