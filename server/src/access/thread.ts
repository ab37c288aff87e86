/** Who may see and write a thread: decided here and nowhere else, purely. */
import type { SeatRow, ThreadRow } from '../collections/rows.ts';
import type { Caller } from '../identity/caller.ts';

/** A seat that gives rights; a quiet one only keeps a receipt. */
const seated = (seat: SeatRow | undefined) => seat !== undefined && !seat.quiet;

/** Whether the thread exists for this caller at all; else it is answered as one that does not. */
export function maySee(caller: Caller, thread: ThreadRow, seat: SeatRow | undefined): boolean {
  if (thread.site !== caller.site.key) return false;
  if (caller.user.kind === 'guest') return thread.kind === 'room' && thread.public && caller.room === thread.id;
  if (caller.isAdmin) return true;
  switch (thread.kind) {
    case 'direct':
      return seated(seat);
    case 'support':
      return seated(seat) || caller.isModerator;
    case 'room':
      return thread.public || seated(seat) || caller.isModerator;
  }
}

/** Whether he who sees it may send to it. A closed conversation opens again by writing; a room stays closed. */
export function mayWrite(caller: Caller, thread: ThreadRow, seat: SeatRow | undefined): boolean {
  const { kind } = caller.user;
  if (kind === 'guest') return false;
  if (thread.kind === 'room' && thread.status === 'closed') return false;
  switch (thread.kind) {
    case 'direct':
      return seated(seat);
    case 'support':
      return true;
    case 'room':
      return thread.public ? caller.site.roomWriters.includes(kind) : seated(seat);
  }
}
