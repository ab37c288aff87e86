/**
 * A 2xx is not a commit: Payload swallows a failing COMMIT, and Postgres answers ROLLBACK to the COMMIT of a transaction
 * in which somebody hid an error. So every transaction that wrote for the chat is asked for afterwards, on another
 * connection: all its events are there, or the write is `not-stored`. It is also the only real "after commit".
 */
import { ChatError } from '@payload-chat/protocol';
import type { PostgresAdapter } from '@payloadcms/db-postgres';
import { commitTransaction, initTransaction, killTransaction, type PayloadRequest } from 'payload';
import { adapterOf, transactionOf } from './database.ts';
import { asWriteFault, isPassingFault } from './database-fault.ts';

/** Where the log placed an event. */
export interface Place {
  event: string;
  /** The row that the event is of. */
  entity: string | null;
  site: string;
  pos: number;
  /** `null` for an event of no thread. */
  seq: number | null;
}

/** What one transaction wrote, noted while it runs. */
export interface Note {
  /** Its events, in order. */
  events: Array<{ id: string; entity: string | null }>;
  /** Its own id, where something was written that makes no event. */
  xid: string | undefined;
  /** Known once it was proven to be committed. */
  places: Place[] | undefined;
  /** What this transaction has read or written already, by name: gone with it. */
  memo: Map<string, unknown>;
  /** Run after the commit was proven. */
  after: Array<() => void>;
}

interface Notebook {
  /** By Payload's id of the open transaction. */
  open: Map<string, Note>;
  /** Told after each proven commit. */
  onCommit: ((places: Place[]) => void) | undefined;
}

// On the adapter, since one process holds several instances of this module.
const shelf = Symbol.for('payload-chat.notebook');

export function notebookOf(adapter: PostgresAdapter): Notebook {
  const holder = adapter as unknown as { [shelf]?: Notebook };
  holder[shelf] ??= { open: new Map(), onCommit: undefined };
  return holder[shelf];
}

/**
 * The note of the request's open transaction.
 * @throws ChatError `internal` where it has none.
 */
export async function noteOf(req: PayloadRequest): Promise<Note> {
  await transactionOf(req);
  const { open } = notebookOf(adapterOf(req.payload));
  const id = String(await req.transactionID);
  const note = open.get(id) ?? { events: [], xid: undefined, places: undefined, memo: new Map(), after: [] };
  open.set(id, note);
  return note;
}

/** Times at which a proof that the database could not answer is asked for again, in ms. */
const retriesMs = [50, 300];

/** Makes the adapter's commit prove what it did. Called once, on the adapter that `init` has just made. */
export function proveCommits(adapter: PostgresAdapter): void {
  const commit = adapter.commitTransaction.bind(adapter);
  const rollback = adapter.rollbackTransaction.bind(adapter);

  adapter.rollbackTransaction = async (incoming) => {
    notebookOf(adapter).open.delete(String(await incoming));
    await rollback(incoming);
  };

  adapter.commitTransaction = async (incoming) => {
    const id = await incoming;
    const { open, onCommit } = notebookOf(adapter);
    const note = open.get(String(id));
    open.delete(String(id));
    let fault: unknown;
    try {
      await commit(id as never);
    } catch (error) {
      fault = error;
    }
    if (!note) {
      if (fault) throw fault;
      return;
    }
    note.places = await prove(adapter, note, fault);
    for (const run of note.after) run();
    if (note.places.length) onCommit?.(note.places);
  };
}

async function prove(adapter: PostgresAdapter, note: Note, fault: unknown): Promise<Place[]> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const places = await lookUp(adapter, note);
      if (places) return places;
      throw new ChatError('not-stored', { cause: fault ?? new Error('The commit left nothing behind.') });
    } catch (error) {
      const waitMs = retriesMs[attempt];
      if (waitMs === undefined || !isPassingFault(error)) throw asWriteFault(error);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** `undefined` where something is missing. */
async function lookUp({ pool }: PostgresAdapter, { events, xid }: Note): Promise<Place[] | undefined> {
  if (events.length === 0) {
    if (xid === undefined) return [];
    const { rows } = await pool.query<{ status: string }>('select pg_xact_status($1::xid8) as status', [xid]);
    return rows[0]?.status === 'committed' ? [] : undefined;
  }
  const { rows } = await pool.query<{ id: string; site: string; pos: string | null; seq: string | null }>(
    'select id, site, pos, seq from chat.events where id = any($1::uuid[])',
    [events.map(({ id }) => id)],
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  const places: Place[] = [];
  for (const { id, entity } of events) {
    const row = found.get(id);
    if (row?.pos == null) return undefined;
    places.push({
      event: id,
      entity,
      site: row.site,
      pos: Number(row.pos),
      seq: row.seq === null ? null : Number(row.seq),
    });
  }
  return places;
}

/** What a write answered, and where its events went. */
export interface Written<T> {
  value: T;
  /** In order of their appending; `undefined` inside a transaction of the caller's, which has not ended yet. */
  places: Place[] | undefined;
}

/**
 * Runs `work` in the request's transaction, opening and committing one where there is none.
 * @throws ChatError `not-stored` where the commit can't be proven or the database went away: the same may be sent again.
 */
export async function inTransaction<T>(req: PayloadRequest, work: () => Promise<T>): Promise<Written<T>> {
  let own = false;
  try {
    own = await initTransaction(req);
    if (!own) return { value: await work(), places: undefined };
    const note = await noteOf(req);
    const value = await work();
    await commitTransaction(req);
    // Somebody's hook may have rolled back under us: then nothing was committed, and nothing said so.
    if (!note.places)
      throw new ChatError('not-stored', { cause: new Error('The transaction was ended by somebody else.') });
    return { value, places: note.places };
  } catch (error) {
    if (own) await killTransaction(req);
    throw asWriteFault(error);
  }
}

/** Where the newest event of a row went. */
export function placeOf(places: Place[] | undefined, entity: string): Place | undefined {
  return places?.findLast((place) => place.entity === entity);
}
