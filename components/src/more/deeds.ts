/**
 * What a reader does with messages: by mouse, finger and key. Buttons say by their `name` what they do, so that one
 * listener serves the log and the menu.
 */
import { handed } from '../look/handed.ts';
import type { Line } from '../thread/log.ts';
import type { ChatThread } from '../thread/thread-element.ts';
import type { ShownMessage, ThreadStore } from '../view.ts';
import { bannerOf } from './banner.ts';
import { begin } from './composing.ts';
import { draftOf } from './draft.ts';
import { deedsOf, menuView, placeMenu, roved } from './menu.ts';

const { keyOf, render } = handed;

/** A finger that rests this long (less than for the browser's own menu) opens ours; one that strays further, in pixels, scrolls. */
const pressMs = 450;
const strayPx = 8;

/** A key that was pressed on a message before all this was here counts for so long. */
const lateMs = 5000;

/** Keys that do something with a message, on it and in its menu. */
const keys: Record<string, string> = { r: 'reply', c: 'copy', e: 'edit', Enter: 'menu', ' ': 'menu' };

export class Deeds {
  /** The key of the message that Tab reaches. */
  _current = '';
  /** Whose menu is open. */
  _menu: ShownMessage | undefined;
  private _host: ChatThread;
  private _list = document.createElement('div');
  private _back: HTMLElement | undefined;
  private _press: ReturnType<typeof setTimeout> | undefined;
  private _at: [number, number] = [0, 0];

  constructor(host: ChatThread) {
    this._host = host;
    const root = host._root;
    const list = this._list;
    list.className = 'mn';
    list.popover = 'manual';
    list.role = 'menu';
    list.ariaLabel = host._words.more;
    root.append(list);
    root.addEventListener('click', (event) => {
      // The finger that opened the menu lifts from what it rested on: that was no tap.
      if (this._menu && !list.contains(event.target as Node)) return event.preventDefault();
      const button = (event.target as Element).closest('button');
      if (button?.name) this._do(button.name, lineOf(button)?._message ?? this._menu, button);
    });
    root.addEventListener('keydown', (event) => this._key(event as KeyboardEvent));
    root.addEventListener('focusin', ({ target }) => {
      const message = lineOf(target)?._message;
      if (!message || keyOf(message) === this._current) return;
      this._current = keyOf(message);
      host.requestUpdate();
    });
    root.addEventListener('pointerdown', (event) => {
      const { pointerType, clientX, clientY, target } = event as PointerEvent;
      this._at = [clientX, clientY];
      this._lift();
      const bubble = (target as Element).closest('.b');
      if (bubble && pointerType !== 'mouse') this._press = setTimeout(() => this._open(bubble), pressMs);
    });
    root.addEventListener('pointermove', (event) => {
      const { clientX, clientY } = event as PointerEvent;
      if (Math.hypot(clientX - this._at[0], clientY - this._at[1]) > strayPx) this._lift();
    });
    for (const type of ['pointerup', 'pointercancel']) root.addEventListener(type, () => this._lift());
    // A long press is ours; the browser's own menu would lie over it.
    root.addEventListener('contextmenu', (event) => this._menu && event.preventDefault());
    // What happened before there were deeds.
    if (host._last) host._banner = bannerOf(undefined, undefined, host._last.connection, host);
    const [key, on] = host._intent ?? [];
    const target = on as Element | undefined;
    if (key?.type !== 'keydown' || performance.now() - key.timeStamp > lateMs) return;
    if (target?.closest('.rows') && !target.closest('a'))
      queueMicrotask(() => target.dispatchEvent(new KeyboardEvent('keydown', key as KeyboardEvent)));
  }

  /** Closes the menu, and gives the focus back where it was within it. */
  _close(): void {
    const menu = this._list;
    this._lift();
    if (!this._menu) return;
    const within = menu.contains(this._host._root.activeElement);
    this._menu = undefined;
    removeEventListener('pointerdown', this._elsewhere, true);
    menu.hidePopover();
    if (within) this._back?.focus({ preventScroll: true });
  }

  private _lift(): void {
    clearTimeout(this._press);
  }

  /** Somewhere on the page a pointer goes down: elsewhere, that closes the menu. */
  private _elsewhere = (event: Event): void => {
    if (!event.composedPath().includes(this._list)) this._close();
  };

  private _do(deed: string, message: ShownMessage | undefined, by: Element): void {
    const host = this._host;
    const store = host._store;
    if (!store || !message) return;
    const draft = draftOf(store);
    const { localId = '', content, id } = message;
    if (deed !== 'menu') this._close();
    switch (deed) {
      case 'menu':
        this._open(by);
        break;
      case 'reply':
      case 'edit':
        begin(draft, deed, message);
        break;
      case 'copy':
        navigator.clipboard?.writeText(content).catch(() => {}); // The page may not allow it.
        break;
      case 'quote':
        void this._ring(store, message.replyTo);
        break;
      case 'retry':
        store.retry(localId);
        break;
      case 'rewrite':
      case 'discard':
        if (deed === 'rewrite') draft.text ||= content;
        store.discard(localId);
        host.focus();
        break;
      case 'delete':
        store.remove(id).catch((error: Error) => {
          host._said = error.message;
          host._tell('chat-error', { error });
          host.requestUpdate();
        });
    }
  }

  private _key(event: KeyboardEvent): void {
    const { key, target } = event;
    const menu = this._list;
    const inMenu = menu.contains(target as Node);
    const line = lineOf(target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (inMenu) {
      const items = [...menu.querySelectorAll('button')];
      const next = roved(items, target as HTMLButtonElement, key);
      if (next) next.focus();
      else if (key === 'Escape' || key === 'Tab') this._close();
      else {
        const item = items.find(({ name }) => name === keys[key.toLowerCase()]);
        if (!item) return;
        item.click();
      }
    } else if (line && (target as Element).matches('.m')) {
      const lines = this._host._log._lines.filter(({ _message }) => _message);
      const next = roved(lines, line, key);
      const deed = keys[key];
      if (next) (next.firstElementChild as HTMLElement).focus();
      else if (deed && this._may(line._message).some((one) => one === deed || deed === 'menu'))
        this._do(deed, line._message, line);
      else return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private _may(message: ShownMessage | undefined) {
    const view = this._host._last;
    return message && view ? deedsOf(message, view) : [];
  }

  private _open(by: Element): void {
    const host = this._host;
    const menu = this._list;
    const line = lineOf(by);
    const message = line?._message;
    const deeds = this._may(message);
    if (!deeds.length) return;
    this._back = (by.closest('button') ?? line?.firstElementChild) as HTMLElement;
    this._menu = message;
    render(menuView(deeds, host._words), menu);
    menu.showPopover();
    addEventListener('pointerdown', this._elsewhere, true);
    const rtl = getComputedStyle(host).direction === 'rtl';
    const box = by.closest('button') ?? line?.querySelector('.b') ?? by;
    placeMenu(menu, box.getBoundingClientRect(), message?.own !== rtl);
    menu.querySelector('button')?.focus();
  }

  /** Shows the original of a quote, loading back to it where need be. */
  private async _ring(store: ThreadStore, id: string | undefined): Promise<void> {
    const find = () => this._host._log._lines.find(({ _message }) => _message?.id === id);
    for (let pages = 0; pages < 20 && !find() && store.view.hasOlder; pages += 1) {
      await store.loadOlder().catch(() => {});
      await new Promise(requestAnimationFrame);
    }
    const line = find();
    line?.scrollIntoView({ block: 'center' });
    line
      ?.querySelector('.b')
      ?.animate([{ outline: '2px solid var(--_at)' }, {}], { duration: 1600, easing: 'ease-in' });
    (line?.firstElementChild as HTMLElement | undefined)?.focus({ preventScroll: true });
  }
}

function lineOf(target: EventTarget | null): Line | undefined {
  return ((target as Element).closest('.rows > div') as Line | null) ?? undefined;
}
