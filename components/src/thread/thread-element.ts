import { html, nothing, type TemplateResult } from 'lit/html.js';
import { ChatElement } from '../chat-element.ts';
import { later, rare } from '../later.ts';
import { avatar } from '../look/avatar.ts';
import { tokens } from '../look/tokens.ts';
import type { Banner } from '../more/banner.ts';
import type { Deeds } from '../more/deeds.ts';
import type { ThreadStore, ThreadView } from '../view.ts';
import type { Words } from '../words.ts';
import { createLog } from './log.ts';
import { headOf, Reading } from './reading.ts';
import { keyOf, rowsOf } from './rows.ts';
import { skeleton } from './skeleton.ts';
import { threadStyles } from './thread-styles.ts';

/**
 * A conversation: what was said, and the field to go on. It shows the thread that `thread` or `room` names; with neither,
 * the caller's own support thread, of which the server knows nothing before the first message.
 *
 * @tag chat-thread
 * @attr {string} site - The site's key; by default that of the nearest `<chat-provider>`.
 * @attr {string} edge - Where the edge answers, a path in front included; by default the provider's, else where `chat.js`
 *   came from.
 * @attr {string} thread - The id of the thread.
 * @attr {string} room - Or the key of a room, which anybody reads if it is public.
 * @attr {string} heading - Stands for the title.
 * @attr {string} sign-in - Where somebody who may not write here signs in; without it that is told to the page.
 * @attr {'light'|'dark'} theme - Overrides the page's `color-scheme`.
 * @attr {string} lang - The language of times and days; by default that of the page.
 * @prop {Client} client - Whose eyes see the thread; otherwise the provider's, or the page's own for this site and edge.
 * @prop {Partial<Words>} words - Replaces what the element says.
 * @fires chat-ready - The thread is shown: `{ thread }`, which is undefined before a support thread's first message.
 * @fires chat-message - Somebody else's message came: `{ message }`. Not for those that were there at the start.
 * @fires chat-send - Before a message is sent: `{ content, replyTo }`. `preventDefault()` keeps it in the field.
 * @fires chat-sign-in - The reader may not write here and wants to sign in.
 * @fires chat-error - The thread could not be loaded, its line fails again and again, or a change was refused: `{ error }`,
 *   with a `code`.
 * @slot header - Stands for the whole header.
 * @slot actions - At the header's end.
 * @slot empty - Stands for what an empty thread says.
 * @slot notice - Above the field.
 * @slot composer - Stands for the field; a `<chat-composer>` there names its thread itself.
 * @csspart header - The header.
 * @csspart title - Whom or what the thread is with.
 * @csspart status - Who answers, or that the conversation is closed.
 * @csspart banner - Under the header while the line is broken.
 * @csspart log - What scrolls.
 * @csspart day - A day between messages.
 * @csspart unread - The line before what is new.
 * @csspart system - Who joined; that the conversation is closed.
 * @csspart avatar - A person's square.
 * @csspart author - Name, role and time over a group of messages.
 * @csspart time - A time.
 * @csspart bubble - A message.
 * @csspart bubble-own - A message of the reader.
 * @csspart quote - What a message answers.
 * @csspart receipt - How far a message of the reader has come.
 * @csspart typing - Who types.
 * @csspart pill - Leads to new messages below.
 * @csspart empty - What an empty thread says.
 * @csspart error - That a thread did not load, or is not there for this reader.
 * @csspart skeleton - Before the thread is there.
 * @csspart field - The bordered field; also `input`, `send`, `context`, `hint`, `closed` and `sign-in` of the
 *   composer.
 * @cssprop --chat-accent - The one colour that a page needs to change; tints, links and focus follow from it.
 */
export class ChatThread extends ChatElement {
  declare heading: string | undefined;
  /** @internal */
  _log = createLog(this._root);
  /** @internal */
  _said: string | undefined;
  /** @internal The view that is shown. */
  _last: ThreadView | undefined;
  private _of: ThreadStore | undefined;
  private _reading = new Reading();
  private _deeds: Deeds | undefined;
  /** @internal */
  _banner: Banner;
  /** Its end is on the screen; and any of it is. */
  private _onScreen: boolean | undefined;
  private _inSight: boolean | undefined;
  /** Something that is shown needs the rest. */
  private _lacks: unknown;
  /** @internal Older messages were asked for here, in vain. */
  _tried = false;

  constructor() {
    super(tokens, threadStyles);
  }

  protected override _equip(): void {
    this._deeds = later._look && new later._look.Deeds(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('focus', this._look);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('focus', this._look);
    this._deeds?._close();
  }

  /** Puts the cursor into the field. */
  override focus(options?: FocusOptions): void {
    (this._at('chat-composer') as HTMLElement | null)?.focus(options);
  }

  /** Shows the newest message. */
  scrollToEnd(): void {
    this._log._follow = true;
    this._log._stay();
    this._look();
  }

  protected override _drawn(): void {
    const view = this._last;
    if (this._onScreen === undefined) {
      this._onScreen = false;
      const sizes = new ResizeObserver(() => this._log._stay());
      for (const part of ['.lg', '.in']) sizes.observe(this._at(part) as Element);
      const sights = new IntersectionObserver((entries) => {
        for (const { target, isIntersecting } of entries)
          if (target === this) this._inSight = isIntersecting;
          else this._onScreen = isIntersecting;
        this._look();
      });
      sights.observe(this);
      sights.observe(this._at('.pw') as Element);
    }
    if (view) {
      const rows = view.phase.is === 'ready' ? rowsOf(view, this._reading._unread, this._deeds?._current) : [];
      const { lang } = this.closest<HTMLElement>('[lang]') ?? document.documentElement;
      const setting = { words: this._words, lang, kind: view.thread?.kind, look: !!later._look };
      this._log._fill(rows, setting, view.connection.is === 'live');
    }
    // What is not drawn anew lacks it still; so does who gets no field.
    this._lacks ||= later._lacks || view?.site.rooms;
    this._log._stay();
    this._look();
    (this._at('chat-composer') as ChatElement).requestUpdate();
  }

  protected override _view(): TemplateResult {
    later._lacks = false;
    const words = this._words;
    const view = this._take();
    this._log._mark();
    const phase = view?.phase.is ?? 'loading';
    const banner = phase === 'ready' || phase === 'loading' ? this._banner : undefined;
    const fresh = view && !this._log._follow ? this._reading._count(view) : 0;
    const reload = () => this._store?.reload();
    const state = (is: 'greeting' | 'failed' | 'absent') =>
      rare((look) => look.stateView(is, words, reload)) ?? (later._fault && words.notLoaded);
    return html`
      <slot name="header">${this._header(view, words)}</slot>
      <div role="status">${banner && (later._look?.bannerView(banner, words, reload) ?? html`<p class="y">${words.offline}</p>`)}</div>
      <div class="lg" part="log" role="log" aria-live="off" aria-label=${words.messages} @scroll=${this._scroll}>
        <div class="in">
          <div class="rows"></div>
          ${phase === 'loading' ? skeleton : phase !== 'ready' ? state(phase) : nothing}
          ${phase === 'ready' && !view?.messages.length ? html`<slot name="empty">${state('greeting')}</slot>` : nothing}
          ${view?.thread?.status === 'closed' ? rare((look) => look.closedView(words)) : nothing}
          ${view?.typing.length ? rare((look) => look.typingView(view, words)) : nothing}
        </div>
      </div>
      <div class="pw">
        ${fresh ? rare((look) => look.pillView(fresh, words, this.scrollToEnd)) : nothing}
      </div>
      <slot name="composer" ?hidden=${phase === 'failed' || phase === 'absent'}>
        <chat-composer
          exportparts="field,input,send,context,hint,closed,sign-in"
          .owner=${this}
        ><slot name="notice" slot="notice"></slot></chat-composer>
      </slot>
      <div class="vh" role="status">${this._said}</div>
    `;
  }

  /** What a new view brings besides its rows: what counts as unread, what is read out, what the page is told. */
  private _take(): ThreadView | undefined {
    const store = this._store;
    if (this._of !== store) {
      this._of = store;
      this._last = this._banner = this._said = undefined;
      this._reading = new Reading();
      this._log._follow = true;
    }
    const last = this._last;
    const view = store?.view;
    this._last = view;
    if (!view || view === last) return view;
    const { phase, messages, connection } = view;
    const { is } = connection;
    this._banner =
      later._look || /slow|failing/.test(is)
        ? rare((look) => look.bannerOf(this._banner, last?.connection, connection, this))
        : is === 'offline'
          ? is
          : undefined;
    if (phase.is === 'failed' && last?.phase.is !== 'failed') this._tell('chat-error', { error: phase.error });
    if (phase.is !== 'ready') return view;
    // What was replayed after a break came while the line, if not the reader, was away.
    this._reading._take(view, connection.is === 'live' && last?.connection.is === 'live' && this._looking);
    if (last?.phase.is !== 'ready') {
      this._tell('chat-ready', { thread: view.thread });
      return view;
    }
    const held = new Set(last.messages.map(keyOf));
    const head = headOf(last.messages);
    const news = messages.filter(({ own, seq }) => !own && seq > head);
    if (messages.some((message) => !message.seq && !held.has(keyOf(message)))) {
      this._log._follow = true;
      this._reading._unread = undefined;
    }
    const [only, more] = news;
    // What was read out may have been taken back since.
    if (messages !== last.messages)
      this._said =
        only &&
        (more
          ? rare((look) => look.newWords(news.length, this._words))
          : `${only.sender.name}: ${later._look?.preview(only.content) ?? only.content}`);
    for (const message of news) this._tell('chat-message', { message });
    return view;
  }

  private _header(view: ThreadView | undefined, words: Words): TemplateResult {
    const { thread, participants = [], me } = view ?? {};
    const others = participants.map(({ user }) => user).filter(({ id }) => id !== me?.id);
    const direct = thread?.kind === 'direct' ? others[0] : undefined;
    const title =
      this.heading ?? direct?.name ?? thread?.title ?? thread?.key ?? (view?.phase.is === 'ready' ? words.title : '');
    const agents = others.filter(({ kind }) => kind === 'agent').map(({ name }) => name);
    const status =
      thread?.status === 'closed' ? words.closed : thread?.kind === 'support' ? agents.join(', ') : undefined;
    return html`<header class="h" part="header">
      ${title && avatar({ id: thread?.id ?? '', ...direct, name: title })}
      <div class="ti">
        ${title ? html`<h2 part="title" dir="auto">${title}</h2>` : nothing}
        ${status ? html`<p part="status">${status}</p>` : nothing}
      </div>
      <slot name="actions"></slot>
    </header>`;
  }

  private _scroll(): void {
    this._deeds?._close();
    this._tried = false;
    if (this._log._mark()) this.requestUpdate();
    this._look();
  }

  private get _looking(): boolean {
    return this._onScreen === true && document.hasFocus();
  }

  /** Sees what is on the screen: asks for what it lacks, for older messages near the top, moves the receipt. */
  private _look = (): void => {
    // Where it could not be had, the next intent asks again.
    if (this._lacks && this._inSight && !later._look && !later._fault) this._want().catch(() => {});
    const view = this._last;
    if (view?.phase.is !== 'ready') return;
    later._look?.pageBack(this, view);
    const seen = this._looking && this._log._seen();
    if (!seen || seen <= this._reading._seen) return;
    this._reading._seen = seen;
    this._store?.read(seen);
    this.requestUpdate();
  };

  /** @internal */
  _at(selector: string): Element | null {
    return this._root.querySelector(selector);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'chat-thread': ChatThread;
  }
}
