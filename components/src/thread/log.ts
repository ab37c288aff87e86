/**
 * The log's rows on the page, and the place in it. Each row keeps its element for as long as its message is shown. At
 * the end the log follows what arrives; anywhere else nothing moves what is being read.
 */
import { render } from 'lit/html.js';
import type { ShownMessage } from '../view.ts';
import { rowView, type Setting } from './row-view.ts';
import type { Row } from './rows.ts';

/** A row on the page; one that holds a message knows it. */
export interface Line extends HTMLElement {
  _message?: ShownMessage;
  /** What it was drawn from last. */
  _row?: Row;
}

/** Closer to the end than this, in pixels, the log follows. */
const followPx = 40;

export class Log {
  _lines: Line[] = [];
  _follow = true;
  private _byKey = new Map<string, Line>();
  private _box: HTMLElement;
  private _setting: Setting | undefined;
  /** Where the box was scrolled to. */
  private _top = 0;
  /** What is being read, and where its lower edge was. */
  private _place: Line | undefined;
  private _bottom = 0;

  constructor(box: HTMLElement) {
    this._box = box;
  }

  /** After a change: shows the end, or what was being read where it was. */
  _stay(): void {
    const box = this._box;
    if (this._follow) box.scrollTop = box.scrollHeight;
    else if (this._place?.isConnected) box.scrollTop += this._edge() - this._bottom;
    this._top = box.scrollTop;
  }

  /**
   * Before a change, and when the box was scrolled: remembers what is being read. Only a way up ends following, since
   * what grows leads nowhere up. Answers whether following began or ended.
   */
  _mark(): boolean {
    const box = this._box;
    const { scrollHeight, scrollTop, clientHeight } = box;
    const followed = this._follow;
    this._follow = scrollHeight - scrollTop - clientHeight < followPx || (followed && scrollTop >= this._top);
    this._top = scrollTop;
    const { top } = box.getBoundingClientRect();
    this._place = this._follow ? undefined : this._lines.find((line) => line.getBoundingClientRect().bottom > top);
    this._bottom = this._edge();
    return followed !== this._follow;
  }

  /** Brings the rows in. With `live`, what is new at the end moves in; what was replayed or paged in just stands there. */
  _fill(rows: readonly Row[], setting: Setting, live: boolean): void {
    const list = this._box.querySelector('.rows') as HTMLElement;
    const byKey = new Map<string, Line>();
    const { words, kind } = setting;
    const last = this._setting;
    const anew =
      !last ||
      last.look !== setting.look ||
      last.kind !== kind ||
      last.times !== setting.times ||
      !same(words, last.words);
    this._setting = setting;
    for (const row of rows) {
      const key = `${row.is} ${row.key}`;
      const line: Line = this._byKey.get(key) ?? document.createElement('div');
      if (anew || row.is !== 'message' || !same(row, line._row)) render(rowView(row, setting), line);
      if (row.is === 'message') line._message = row.message;
      line._row = row;
      byKey.set(key, line);
    }
    const opening = !this._lines.length;
    const newest = this._lines.at(-1);
    for (const [key, line] of this._byKey) if (!byKey.has(key)) line.remove();
    this._byKey = byKey;
    this._lines = [...byKey.values()];
    let at = list.firstChild;
    let end = !newest?.isConnected;
    for (const line of this._lines) {
      if (line === at) at = at.nextSibling;
      else {
        list.insertBefore(line, at);
        if (live && end && !opening)
          line.animate([{ opacity: 0, translate: still() ? '0' : '0 4px' }, {}], {
            duration: 200,
            easing: 'cubic-bezier(.2,0,0,1)',
          });
      }
      end ||= line === newest;
    }
    if (opening) this._open(byKey.get('new new'));
  }

  /** The first sight: the end, or the first new message where not all that is new fits. */
  private _open(divider: Line | undefined): void {
    this._stay();
    const above = divider ? this._box.getBoundingClientRect().top - divider.getBoundingClientRect().top : 0;
    if (above <= 0) return;
    this._box.scrollTop -= above;
    this._follow = false;
    this._mark();
  }

  /** The newest message on the screen. */
  _seen(): number | undefined {
    const { bottom } = this._box.getBoundingClientRect();
    return this._lines.findLast(
      (line) => line._message?.seq && (this._follow || line.getBoundingClientRect().bottom < bottom + 16),
    )?._message?.seq;
  }

  /** The lower edge of what is being read, from the element's own top: the page may scroll between two looks. */
  private _edge(): number {
    const { host } = this._box.getRootNode() as ShadowRoot;
    return (this._place?.getBoundingClientRect().bottom ?? 0) - host.getBoundingClientRect().top;
  }
}

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Whether two have the same parts: most rows are those of a moment ago. */
function same<T extends object>(one: T, other: T | undefined): boolean {
  return !!other && Object.keys(one).every((key) => Reflect.get(one, key) === Reflect.get(other, key));
}
