/** Seats that sending makes. */
import type { PayloadRequest } from 'payload';
import type { SeatRow } from '../collections/rows.ts';

interface NewSeat {
  thread: string;
  user: string;
  /** Keeps a receipt without being seen or giving rights. */
  quiet: boolean;
}

export async function makeSeat(req: PayloadRequest, seat: NewSeat): Promise<void> {
  await req.payload.create({ collection: 'participants', data: seat, depth: 0, overrideAccess: true, req });
}

/** A quiet seat becomes one that others see, with a `participant.joined`. */
export async function openSeat(req: PayloadRequest, seat: SeatRow): Promise<void> {
  await req.payload.update({
    collection: 'participants',
    id: seat.id,
    data: { quiet: false, joinedAt: new Date().toISOString() },
    depth: 0,
    overrideAccess: true,
    req,
  });
}
