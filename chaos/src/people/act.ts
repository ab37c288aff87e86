/** What somebody did, and what he was told of it: the one side of the account that the checker holds against Postgres. */

export type Deed = 'post' | 'edit' | 'delete' | 'read' | 'leave' | 'logout';

export interface Act {
  does: Deed;
  /** Of the chat user. */
  by: string;
  site: string;
  /** Of a post. */
  localId?: string;
  /** What was to stand there afterwards; unique, so that it can be looked for. */
  content?: string;
  /** Of an edit or a delete; of a post once it was answered. */
  message?: string;
  thread?: string;
  /** Of a leave. */
  participant?: string;
  /** Of a receipt. */
  seq?: number;
  beganMs: number;
  tries: number;
  /** The last word: a 2xx that was really the chat's, or a refusal that is final. Absent while nobody knows. */
  answer?: { status: number; atMs: number; doc: Doc | undefined; code: string | undefined };
}

/** As much of an answered row as the checker holds against Postgres. */
export interface Doc {
  id: string;
  thread: string;
  pos?: number;
  seq?: number;
  changed?: number;
  content?: string;
  readSeq?: number;
}

export const isAcknowledged = ({ answer }: Act): boolean =>
  answer !== undefined && answer.status >= 200 && answer.status < 300;
