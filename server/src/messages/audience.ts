/** Whom a thread's signals are for. Events never ask here: theirs is fixed at commit. */
import { topic } from '@payload-chat/protocol';
import type { Payload } from 'payload';
import { threadTopics } from '../collections/threads/topics.ts';
import { queryOf, tablesOf } from '../log/database.ts';
import { seatsMax } from '../log/numbering.ts';

/** The thread's topic, and in direct and support threads that of each seat; empty for an unknown thread. */
export async function audienceOf(payload: Payload, thread: string): Promise<string[]> {
  const { participants, threads } = tablesOf(payload);
  const [row] = await queryOf(payload)<{ kind: string; seats: string[] }>(
    `select t.kind, array(
        select p.user_id from ${participants} p
        where p.thread_id = t.id and p.quiet is not true and t.kind <> 'room' limit ${seatsMax}
      ) as seats from ${threads} t where t.id = $1`,
    [thread],
  );
  return row ? [...threadTopics(thread, row.kind), ...row.seats.map(topic.user)] : [];
}
