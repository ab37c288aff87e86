/** All that the chat holds of one person, as JSON that is made while it is read: he may have written very much. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { columns, messageRow, personRow, seatRow } from '../collections/rows.ts';
import { queryOf, type Row, tablesOf } from '../log/database.ts';

/** Messages read at once. */
const pageMessages = 500;

/** @throws ChatError `not-found` where there is no such person. */
export async function exportPerson(req: PayloadRequest, id: string): Promise<ReadableStream<Uint8Array>> {
  const { participants, people, threads } = tablesOf(req.payload);
  const query = queryOf(req.payload);
  const [row] = await query(`select ${columns.person}, u.created_at as "createdAt" from ${people} u where u.id = $1`, [
    id,
  ]);
  if (!row) throw new ChatError('not-found');
  const { staff: _, ...person } = personRow(row);
  const seats = await query<Row>(
    `select ${columns.seat}, t.kind, t.title, t.site_id as site from ${participants} p
      join ${threads} t on t.id = p.thread_id where p.user_id = $1 order by p.joined_at`,
    [id],
  );
  const visitors = await query('select visitor, created from chat.claims where claimant = $1 order by created', [id]);
  const begin = JSON.stringify({
    exportedAt: new Date().toISOString(),
    person: { ...person, createdAt: row.createdAt },
    claimedVisitors: visitors,
    threads: seats.map((seat) => {
      const { thread, joinedAt, readSeq, quiet } = seatRow(seat);
      return { thread, site: seat.site, kind: seat.kind, title: seat.title, joinedAt, readSeq, seat: !quiet };
    }),
  }).slice(0, -1);
  const pages = messagesOf(req, id);
  const encoder = new TextEncoder();
  let first = true;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(`${begin},"messages":[`)),
    async pull(controller) {
      const { done, value } = await pages.next();
      if (done) {
        controller.enqueue(encoder.encode(']}'));
        return controller.close();
      }
      controller.enqueue(
        encoder.encode((first ? '' : ',') + value.map((message) => JSON.stringify(message)).join(',')),
      );
      first = false;
    },
  });
}

async function* messagesOf(req: PayloadRequest, id: string) {
  const { messages } = tablesOf(req.payload);
  for (let after = ''; ; ) {
    const rows = await queryOf(req.payload)(
      `select ${columns.message} from ${messages} m where m.sender_id = $1 and m.id > $2 order by m.id limit ${pageMessages}`,
      [id, after],
    );
    if (rows.length === 0) return;
    const page = rows.map(messageRow);
    yield page.map(({ contentHash: _, sender: __, ...message }) => message);
    after = page.at(-1)?.id ?? '';
    if (rows.length < pageMessages) return;
  }
}
