/**
 * The function that gives events their places at commit. It runs once per transaction, at the first firing of the
 * deferred trigger, and is the only writer of `pos`, `seq`, topics and versions.
 *
 *   threads' counters, sorted -> audience (after the lock) -> entities' seq and version -> sites' counters -> pos
 *
 * Commit order is log order because a counter's row lock is held until the commit. The sites come last: theirs is the
 * busy lock. Needs read committed: the audience must be read after the lock is held, not as of the transaction's start.
 */
import type { Tables } from './database.ts';

/** Seats that an event names at most; a direct or support thread takes no more. */
export const seatsMax = 64;

/** How long a commit waits for a counter before it gives up and nothing is stored, in ms. */
export const lockTimeoutMs = 10_000;

/** The statement that makes or replaces the function. */
export function numberingSql({ messages, participants, threads }: Tables): string {
  return `
create or replace function chat.number_events() returns trigger
language plpgsql
set search_path = pg_catalog
set lock_timeout = '${lockTimeoutMs}ms'
as $function$
declare
  mine constant xid8 := pg_current_xact_id();
  thread_count bigint;
  t text;
  s text;
  e record;
  first_seq bigint;
  next_seq bigint;
  next_pos bigint;
  thread_kind text;
  seats text[];
begin
  -- My own row has its place: an earlier firing numbered the whole transaction. (Asking for any pending row would make
  -- a transaction of many events quadratic.)
  perform 1 from chat.events where id = new.id and pos is not null;
  if found then return null; end if;

  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'payload-chat: events need read committed, this transaction is %',
      current_setting('transaction_isolation');
  end if;

  select count(distinct thread) into thread_count from chat.events where txid = mine and pos is null;

  for t in select distinct thread from chat.events
    where txid = mine and pos is null and thread is not null order by thread
  loop
    select seq into next_seq from chat.threads where thread = t for update;
    if not found then
      -- The first event of this thread, or the counters were lost: go on after what the rows remember.
      insert into chat.threads (thread, seq) values (t, greatest(
        (select coalesce(max(greatest(seq, changed)), 0) from ${messages} where thread_id = t),
        (select coalesce(max(changed), 0) from ${participants} where thread_id = t),
        (select coalesce(max(changed), 0) from ${threads} where id = t)
      )) on conflict do nothing;
      select seq into next_seq from chat.threads where thread = t for update;
    end if;

    -- After the lock: who sits here now, at this very place of the log.
    select kind into thread_kind from ${threads} where id = t;
    seats := '{}';
    if thread_kind in ('direct', 'support') then
      select coalesce(array_agg('user:' || seat.user_id), '{}') into seats from (
        select user_id from ${participants}
        where thread_id = t and quiet is not true order by joined_at, user_id limit ${seatsMax}
      ) seat;
    end if;
    seats := array['thread:' || t] || seats;
    if thread_kind = 'support' then seats := seats || 'agents'::text; end if;

    first_seq := next_seq;
    for e in select id, type, entity, topics from chat.events
      where txid = mine and pos is null and thread = t order by n
    loop
      next_seq := next_seq + 1;
      if e.type = 'message.posted' then
        update ${messages} set seq = next_seq, changed = next_seq where id = e.entity;
      elsif e.type like 'message.%' then
        update ${messages} set changed = next_seq where id = e.entity;
        -- Changed in the transaction that posted it: only now is its number known. One that was erased there too has no
        -- row to ask; its posting is so many events after those of before.
        update chat.events set payload = jsonb_set(payload, '{message,seq}', to_jsonb(coalesce(
            (select seq from ${messages} where id = e.entity),
            first_seq + (select count(*) from chat.events earlier where earlier.txid = mine and earlier.pos is null
              and earlier.thread = t and earlier.n <= (select posting.n from chat.events posting
                where posting.txid = mine and posting.entity = e.entity and posting.type = 'message.posted'))
          ))) where id = e.id and payload #>> '{message,seq}' is null;
      elsif e.type like 'participant.%' then
        update ${participants} set changed = next_seq where id = e.entity;
      elsif e.type like 'thread.%' then
        update ${threads} set changed = next_seq where id = e.entity;
      end if;
      -- With a single thread, which is nearly always, the row is written once, together with its pos.
      if thread_count > 1 then
        update chat.events set seq = next_seq,
          topics = seats || array(select x from unnest(e.topics) x where x <> all(seats)) where id = e.id;
      end if;
    end loop;
    update chat.threads set seq = next_seq where thread = t;
  end loop;

  if thread_count = 1 then
    next_seq := next_seq - (select count(*) from chat.events where txid = mine and pos is null and thread is not null);
  end if;

  for s in select distinct site from chat.events where txid = mine and pos is null order by site loop
    select pos into next_pos from chat.sites where site = s for update;
    if not found then
      insert into chat.sites (site, pos)
        values (s, (select coalesce(max(pos), 0) from chat.events where site = s)) on conflict do nothing;
      select pos into next_pos from chat.sites where site = s for update;
    end if;

    for e in select id, thread, topics from chat.events where txid = mine and pos is null and site = s order by n loop
      next_pos := next_pos + 1;
      if thread_count = 1 and e.thread is not null then
        next_seq := next_seq + 1;
        update chat.events set pos = next_pos, seq = next_seq,
          topics = seats || array(select x from unnest(e.topics) x where x <> all(seats)) where id = e.id;
      else
        update chat.events set pos = next_pos where id = e.id;
      end if;
    end loop;
    update chat.sites set pos = next_pos where site = s;
  end loop;
  return null;
end
$function$`;
}
