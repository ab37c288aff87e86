/** Who sits in a thread, as a snapshot and a list of threads name them. */
import type { Participant } from '@payload-chat/protocol';
import { columns, personRow, seatRow } from '../collections/rows.ts';
import type { Site } from '../collections/sites/site.ts';
import { toParticipant, toUser } from '../collections/wire.ts';
import type { Row, Tables } from '../log/database.ts';

/** Seats that an answer names at most; a direct or support thread has no more. */
const seatsNamed = 64;

export type SeatedRows = Array<{ seat: Row; person: Row }> | null;

/**
 * A subquery with the seats of the thread that is called `t` around it, as one JSON value. Of a room the moderators
 * alone; `agents` is the parameter with the ids of the site's agents.
 */
export const seatedSql = ({ participants, people }: Tables, agents: string) => `(
  select jsonb_agg(jsonb_build_object('seat', to_jsonb(seat), 'person', to_jsonb(person)) order by seat.changed, seat.id) from (
    select ${columns.seat}, p.changed from ${participants} p join ${people} u on u.id = p.user_id
    where p.thread_id = t.id and p.quiet is not true
      and (t.kind <> 'room' or u.staff or u.account_id::text = any(${agents}::text[]))
    order by p.changed, p.id limit ${seatsNamed}
  ) seat join lateral (select ${columns.person} from ${people} u where u.id = seat."user") person on true
)`;

/** In the order that the log tells of their joining: what a reader made of the events has it too. */
export function participantsOf(rows: SeatedRows, site: Site): Participant[] {
  return (rows ?? []).map(({ seat, person }) => toParticipant(seatRow(seat), toUser(personRow(person), site)));
}
