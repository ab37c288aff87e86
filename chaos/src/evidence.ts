/** What Postgres itself says of a run: asked past every line, by nobody's code but SQL. */
import type { History, LogRow, Numbers, StoredMessage } from './checker/history.ts';
import type { Database } from './house/database.ts';

/** Reads the log as it grows, so that what is trimmed or left behind was seen. */
export interface LogKeeper {
  rows: LogRow[];
  /** Takes what is new of every site; of `epoch`, which the caller knows. */
  keep(epoch: string): Promise<void>;
  /** Reads everything from the run's start on once more: what was rewritten since is rewritten here. */
  refresh(epoch: string): Promise<void>;
  /** Takes all but so many events of each site out of the log, and keeps them. */
  cut(epoch: string, kept: number): Promise<void>;
  /** The database was put back: what it has no longer is marked. @returns whether it has lost anything */
  putBack(epoch: string): Promise<boolean>;
}

type Row = Omit<LogRow, 'epoch' | 'pos' | 'seq'> & { pos: string; seq: string | null };

const columns = 'site, pos, thread, seq, type, entity, topics, payload::text as payload';

export async function keepLog(database: Database): Promise<LogKeeper> {
  const starts = await headsOf(database);
  const rows: LogRow[] = [];
  const readFrom = async (epoch: string, from: Record<string, number>) => {
    const read = await database.query<Row>(
      `select ${columns} from chat.events e where pos > coalesce(($1::jsonb ->> e.site)::bigint, 0) order by site, pos`,
      [JSON.stringify(from)],
    );
    return read.map(
      (row): LogRow => ({
        ...row,
        epoch,
        pos: Number(row.pos),
        seq: row.seq === null ? null : Number(row.seq),
      }),
    );
  };
  return {
    rows,
    async keep(epoch) {
      const from = { ...starts };
      for (const row of rows) if (row.epoch === epoch) from[row.site] = Math.max(from[row.site] ?? 0, row.pos);
      rows.push(...(await readFrom(epoch, from)));
    },
    async refresh(epoch) {
      const now = new Map((await readFrom(epoch, starts)).map((row) => [`${row.site} ${row.pos}`, row]));
      // Lost before any server had read it: nobody was told of that place, which is another event's now or nobody's.
      for (const row of rows.filter(({ isLost, epoch: of }) => isLost && of === epoch))
        rows.splice(rows.indexOf(row), 1);
      for (const [at, row] of rows.entries()) {
        const place = `${row.site} ${row.pos}`;
        const fresh = row.epoch === epoch ? now.get(place) : undefined;
        if (fresh) rows[at] = fresh;
        now.delete(row.epoch === epoch ? place : '');
      }
      rows.push(...now.values());
    },
    async cut(epoch, kept) {
      const gone = await database.query<Row>(
        `with gone as (
          delete from chat.events e using chat.sites s where e.site = s.site and e.pos <= s.pos - $1 returning e.*
        ) select ${columns} from gone`,
        [kept],
      );
      for (const row of gone) {
        if (Number(row.pos) <= (starts[row.site] ?? 0)) continue;
        const held = rows.find(
          ({ site, pos, epoch: of }) => site === row.site && pos === Number(row.pos) && of === epoch,
        );
        if (held) held.isGone = true;
        else rows.push({ ...rowOf(row, epoch), isGone: true });
      }
      rows.sort((a, b) => a.pos - b.pos);
    },
    async putBack(epoch) {
      const heads = await headsOf(database);
      for (const row of rows) if (row.epoch === epoch && row.pos > (heads[row.site] ?? 0)) row.isLost = true;
      return rows.some(({ isLost }) => isLost);
    },
  };
}

const rowOf = (row: Row, epoch: string): LogRow => ({
  ...row,
  epoch,
  pos: Number(row.pos),
  seq: row.seq === null ? null : Number(row.seq),
});

/** Where each site stands. */
export async function headsOf(database: Database): Promise<Record<string, number>> {
  const rows = await database.query<{ site: string; pos: string }>('select site, pos from chat.sites');
  return Object.fromEntries(rows.map(({ site, pos }) => [site, Number(pos)]));
}

export async function numbersOf(database: Database): Promise<History['numbers']> {
  const numbers = async (text: string): Promise<Numbers[]> =>
    (await database.query<Record<keyof Numbers, string>>(text)).map(({ of, first, last, count, counter }) => ({
      of,
      first: Number(first),
      last: Number(last),
      count: Number(count),
      counter: Number(counter),
    }));
  return {
    sites: await numbers(
      `select e.site as of, min(e.pos) as first, max(e.pos) as last, count(e.pos) as count, max(s.pos) as counter
        from chat.events e join chat.sites s on s.site = e.site group by e.site`,
    ),
    threads: await numbers(
      `select e.thread as of, min(e.seq) as first, max(e.seq) as last, count(e.seq) as count, max(t.seq) as counter
        from chat.events e join chat.threads t on t.thread = e.thread group by e.thread`,
    ),
  };
}

/** Every message that one of the run's people sent. */
export async function messagesOf(database: Database, people: string[]): Promise<StoredMessage[]> {
  const rows = await database.query<Omit<StoredMessage, 'seq' | 'changed'> & { seq: string; changed: string }>(
    `select id, thread_id as thread, sender_id as sender, local_id as "localId", content, seq, changed,
      deleted_at is not null as "isDeleted" from messages where sender_id = any($1)`,
    [people],
  );
  return rows.map((row) => ({
    ...row,
    content: row.content ?? '',
    seq: Number(row.seq),
    changed: Number(row.changed),
  }));
}

export async function seatsOf(database: Database, people: string[]): Promise<History['seats']> {
  const rows = await database.query<{ id: string; thread: string; user: string; readSeq: string }>(
    'select id, thread_id as thread, user_id as user, read_seq as "readSeq" from participants where user_id = any($1)',
    [people],
  );
  return rows.map(({ readSeq, ...seat }) => ({ ...seat, readSeq: Number(readSeq) }));
}
