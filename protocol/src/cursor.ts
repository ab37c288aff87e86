/** A cursor is `<epoch>.<pos>`: how far a reader has applied everything. Epochs make positions unique across restores. */

export interface Cursor {
  /** 12 characters of `[0-9a-f]`. */
  epoch: string;
  /** 0 is before the first event. */
  pos: number;
}

/** `undefined` for anything that is not a cursor, nothing included (answered `reset gap`, SPEC S4). */
export function parseCursor(cursor: string | undefined): Cursor | undefined {
  const [, epoch, digits] = /^([0-9a-f]{12})\.(\d{1,16})$/.exec(cursor ?? '') ?? [];
  const pos = Number(digits);
  // A leading zero, or more than a number can hold, does not come out as it went in.
  return epoch && formatCursor(epoch, pos) === cursor ? { epoch, pos } : undefined;
}

export function formatCursor(epoch: string, pos: number): string {
  return `${epoch}.${pos}`;
}

/** Whether one cursor lies before another of the same epoch; any lies before none. */
export function isBefore(one: string | undefined, other: string | undefined): boolean {
  const at = parseCursor(one);
  const than = parseCursor(other);
  if (!one || !other) return !!one;
  return !!at && !!than && at.epoch === than.epoch && at.pos < than.pos;
}
