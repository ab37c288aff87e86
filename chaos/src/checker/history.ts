/** All that one run left behind: what people were told, what readers met, and what Postgres holds. */
import type { Frame, Snapshot } from '@payload-chat/protocol';
import type { HopName } from '../house/house.ts';
import type { Act } from '../people/act.ts';
import type { ReaderRecord } from '../readers/record.ts';

/** A row of `chat.events`. */
export interface LogRow {
  epoch: string;
  site: string;
  pos: number;
  thread: string | null;
  seq: number | null;
  type: string;
  entity: string | null;
  topics: string[];
  /** The entity as the log holds it, as text. */
  payload: string;
  /** It was trimmed: what was taken back since is not taken back in this copy. */
  isGone?: boolean;
  /** The database was put back to before it. */
  isLost?: boolean;
}

/** A row of `messages`. */
export interface StoredMessage {
  id: string;
  thread: string;
  sender: string;
  localId: string | null;
  content: string;
  seq: number;
  changed: number;
  isDeleted: boolean;
}

/** How the numbers of one site, or of one thread, lie. */
export interface Numbers {
  of: string;
  first: number;
  last: number;
  count: number;
  /** What the counter says. */
  counter: number;
}

/** One fresh reading of the run's part of the log, at one hop, when all was quiet. */
export interface Replay {
  hop: string;
  /** Whose topics, from which cursor. */
  topics: string[];
  site: string;
  cursor: string;
  /** Where the log of the site stood. */
  head: number;
  frames: Frame[];
}

export interface Healed {
  fault: string;
  atMs: number;
  /** Where each site stood then. */
  heads: Record<string, { epoch: string; pos: number }>;
}

export interface History {
  acts: Act[];
  readers: ReaderRecord[];
  /** Every event since the run's start, the ones that were trimmed or lost by a restore included. */
  log: LogRow[];
  /** Every message of the run's people that stands now. */
  messages: StoredMessage[];
  /** Seats that stand now, with their receipts. */
  seats: Array<{ id: string; thread: string; user: string; readSeq: number }>;
  numbers: { sites: Numbers[]; threads: Numbers[] };
  /** The epoch of now. */
  epoch: string;
  /** By the reader's name: the states of now. */
  fresh: Record<string, Snapshot[]>;
  /** The lobby at each hop, as somebody sees it who comes now. */
  pages: Array<{ hop: string; page: Snapshot; atServer: Snapshot }>;
  replays: Replay[];
  /** Writes answered between these two are lost by right: a database was restored from a copy. */
  restored?: {
    copiedMs: number;
    backMs: number;
    /** Nothing in the database tells that it was put back: where each site stood then. */
    silently?: Record<string, number>;
  };
  /** What each hop answers at the end to the token of the session that was ended midway. */
  afterLogout: Array<{ hop: string; status: number }>;
  /** By how much a hop's clock was behind, in ms: whoever opens a stream there is believed for as much longer. */
  behindMs: Partial<Record<HopName, number>>;
  /** Reasons that the run's faults explain. */
  mayReset: string[];
  hubs: Array<{ hop: string; site: string; readers: number; sockets: number }>;
  healed: Healed[];
  /** When the last fault was mended and the last writer had his answer. */
  quietMs: number;
  /** How long after it every reader was at the head; Infinity for never. */
  caughtUpMs: number;
}

export interface Violation {
  /** Of PROTOCOL. */
  rule: string;
  says: string;
}

/** Long enough for any backoff that a run's outages can cause, in ms: whoever is behind then is silently stalled. */
export const stallMs = 60_000;
