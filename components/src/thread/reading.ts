/** How far the reader has seen, and which messages came while he was not looking. */
import type { ThreadView } from '../view.ts';
import type { Unread } from './rows.ts';

/**
 * The newest of others' that is known. One's own don't count: the answer to a send may come before what was missed.
 */
export function headOf(messages: ThreadView['messages']): number {
  return messages.findLast(({ own, seq }) => !own && seq)?.seq ?? 0;
}

export class Reading {
  /** The highest seq that was on the screen before somebody's eyes. */
  _seen = -1;
  /** What the divider stands for; it stays where it is until the reader writes. */
  _unread: Unread | undefined;
  /** The highest seq known, seen or not. */
  private _head = -1;

  /** Takes in what a view brought: news that come before somebody's eyes (`looking`) are not unread. */
  _take({ messages, newAfter }: ThreadView, looking: boolean): void {
    const head = headOf(messages);
    const opening = this._head < 0;
    const from = opening ? (newAfter ?? head) : this._head;
    if (opening) this._seen = from;
    if ((opening || !looking) && messages.some(({ own, seq }) => !own && seq > from)) {
      const open = this._unread && this._seen < this._unread.to;
      this._unread = { from: open && this._unread ? this._unread.from : from, to: head };
    }
    this._head = Math.max(this._head, head);
  }

  /** Others' messages that were not seen yet. */
  _count({ messages }: ThreadView): number {
    return messages.filter(({ own, seq }) => !own && seq > this._seen).length;
  }
}
