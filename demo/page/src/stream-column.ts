/** The third column: what the second person's browser receives, as it comes. */
import type { LineEvent, ThreadView } from '@payload-chat/components';
import { byId, copyOf } from './by-id.ts';
import { shortEpoch } from './frame-words.ts';
import { cutLine, type Entry, emptyLog, type LineLog, type Row, takeLine } from './line-log.ts';

export interface StreamColumn {
  take(event: LineEvent): void;
  /** `view`: what the reader holds at the cut. */
  cut(view: ThreadView): void;
}

export function streamColumn(): StreamColumn {
  const scroll = byId('scroll');
  const list = byId('entries');
  const epoch = byId('epoch');
  const said = byId('said');
  const shown = new Map<number, { entry: Entry; item: HTMLElement }>();
  let log = emptyLog;

  function show(next: LineLog) {
    const wasAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
    log = next;
    if (log.epoch) {
      epoch.textContent = `Epoch ${shortEpoch(log.epoch)}`;
      epoch.title = log.epoch;
    }
    const oldest = log.entries[0]?.key ?? 0;
    for (const [key, { item }] of shown) {
      if (key >= oldest) break;
      item.remove();
      shown.delete(key);
    }
    for (const entry of log.entries) {
      const held = shown.get(entry.key);
      if (held?.entry === entry) continue;
      const item = entry.is === 'row' ? drawRow(entry) : drawMark(entry);
      if (held) held.item.replaceWith(item);
      else list.append(item);
      shown.set(entry.key, { entry, item });
      if (entry.is !== 'row') said.textContent = item.textContent;
    }
    if (wasAtEnd) scroll.scrollTop = scroll.scrollHeight;
  }

  return {
    take: (event) => show(takeLine(log, event, Date.now())),
    cut: (view) => show(cutLine(log, Date.now(), heldBy(view))),
  };
}

/** The newest number in its thread that the reader has by its snapshot. */
function heldBy({ thread, messages }: ThreadView): Map<string, number> {
  const newest = Math.max(0, ...messages.map(({ changed }) => changed));
  return thread && newest > 0 ? new Map([[thread.id, newest]]) : new Map();
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

function drawRow(row: Row): HTMLElement {
  const item = copyOf('row');
  const [time, name, pos, text] = item.children as unknown as HTMLElement[];
  if (time) time.textContent = clock.format(row.atMs);
  if (name) name.textContent = row.name;
  if (pos) pos.textContent = row.cursor ? `.${row.cursor.split('.')[1]}` : '';
  if (text) text.textContent = text.title = row.text;
  item.classList.toggle('durable', row.durable);
  item.classList.toggle('replayed', row.replayed);
  return item;
}

function drawMark(entry: Exclude<Entry, Row>): HTMLElement {
  const item = copyOf('mark');
  const words = item.firstElementChild as HTMLElement;
  if (entry.is === 'cut') words.textContent = `Line cut at ${clock.format(entry.atMs)}`;
  else words.textContent = backWords(entry);
  item.classList.add(entry.is === 'back' && !entry.lost ? 'back' : 'cut');
  return item;
}

function backWords({ replayed, tookMs, lost }: Entry & { is: 'back' }): string {
  const took = `in ${Math.max(1, Math.round(tookMs))} ms`;
  if (lost === null) return `Back ${took}, by a fresh snapshot`;
  const events = `${replayed} ${replayed === 1 ? 'event' : 'events'} replayed ${took}`;
  return `${events}, ${lost === 0 ? 'none' : lost} lost`;
}
