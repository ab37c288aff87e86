/** A cursor is `<epoch>.<pos>`: how far a reader has applied everything. Epochs make positions unique across restores. */

export interface Cursor {
  /** 12 characters of `[0-9a-f]`. */
  epoch: string;
  /** 0 is before the first event. */
  pos: number;
}

const form = /^([0-9a-f]{12})\.(0|[1-9]\d{0,15})$/;

/** `undefined` for anything that is not a cursor (answered `reset gap`, SPEC S4). */
export function parseCursor(cursor: string): Cursor | undefined {
  const parts = form.exec(cursor);
  const pos = Number(parts?.[2]);
  return parts && Number.isSafeInteger(pos) ? { epoch: parts[1] as string, pos } : undefined;
}

export function formatCursor(epoch: string, pos: number): string {
  return `${epoch}.${pos}`;
}

/** Whether one cursor lies before another of the same epoch; any lies before none. */
export function isBefore(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  const at = parseCursor(one);
  const than = parseCursor(other);
  return !!at && !!than && at.epoch === than.epoch && at.pos < than.pos;
}
