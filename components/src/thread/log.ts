/**
 * The log's rows on the page, and the place in it. Each row keeps its element for as long as its message is shown. At
 * the end the log follows what arrives; anywhere else nothing moves what is being read.
 */
import { render } from 'lit/html.js';
import { later } from '../later.ts';
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

export interface Log {
  _lines: Line[];
  _follow: boolean;
  /** After a change: shows the end, or what was being read where it was. */
  _stay(): void;
  /**
   * Before a change, and when the log was scrolled: remembers what is being read. Only a way up ends following, since
   * what grows leads nowhere up. Answers whether following began or ended.
   */
  _mark(): boolean;
  /** Brings the rows in. With `live`, what is new at the end moves in; what was replayed or paged in just stands there. */
  _fill(rows: readonly Row[], setting: Setting, live: boolean): void;
  /** The newest message on the screen. */
  _seen(): number | undefined;
}

export function createLog(root: ShadowRoot): Log {
  let byKey = new Map<string, Line>();
  let last: string | undefined;
  /** Where the box was scrolled to. */
  let top = 0;
  /** What is being read, and where its lower edge was. */
  let place: Line | undefined;
  let bottom = 0;

  const boxOf = () => root.querySelector('.lg') as HTMLElement;
  const rect = (element?: Element) => (element ?? root.host).getBoundingClientRect();
  /** The lower edge of what is being read, from the element's own top: the page may scroll between two looks. */
  const edge = () => rect(place).bottom - rect().top;

  const log: Log = {
    _lines: [],
    _follow: true,

    _stay() {
      const box = boxOf();
      if (log._follow) box.scrollTop = box.scrollHeight;
      else if (place?.isConnected) box.scrollTop += edge() - bottom;
      top = box.scrollTop;
    },

    _mark() {
      const box = boxOf();
      const followed = log._follow;
      if (!box) return false; // Before the first sight.
      const { scrollHeight, scrollTop, clientHeight } = box;
      log._follow = scrollHeight - scrollTop - clientHeight < followPx || (followed && scrollTop >= top);
      top = scrollTop;
      place = log._follow ? undefined : log._lines.find((line) => rect(line).bottom > rect(box).top);
      bottom = edge();
      return followed !== log._follow;
    },

    _fill(rows, setting, live) {
      const box = boxOf();
      const list = box.querySelector('.rows') as HTMLElement;
      const before = byKey;
      const newest = log._lines.at(-1);
      const drawn = JSON.stringify(setting);
      const anew = drawn !== last;
      last = drawn;
      byKey = new Map();
      for (const row of rows) {
        const key = `${row.is} ${row.key}`;
        const line: Line = before.get(key) ?? document.createElement('div');
        if (anew || row.is !== 'message' || !same(row, line._row)) render(rowView(row, setting), line);
        if (row.is === 'message') line._message = row.message;
        line._row = row;
        byKey.set(key, line);
      }
      for (const [key, line] of before) if (!byKey.has(key)) line.remove();
      log._lines = [...byKey.values()];
      let at = list.firstChild;
      let end = !newest?.isConnected;
      for (const line of log._lines) {
        if (line === at) at = at.nextSibling;
        else {
          list.insertBefore(line, at);
          if (live && end && newest) later._look?.moveIn(line);
        }
        end ||= line === newest;
      }
      if (newest) return;
      log._stay();
      later._look?.toNew(log, box, byKey.get('new new'));
    },

    _seen() {
      const end = rect(boxOf()).bottom + 16;
      return log._lines.findLast((line) => line._message?.seq && (log._follow || rect(line).bottom < end))?._message
        ?.seq;
    },
  };
  return log;
}

/** Whether two have the same parts: most rows are those of a moment ago. */
function same<T extends object>(one: T, other: T | undefined): boolean {
  return !!other && Object.keys(one).every((key) => Reflect.get(one, key) === Reflect.get(other, key));
}
