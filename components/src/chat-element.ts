import { Base } from './base.ts';
import { later, want } from './later.ts';
import { pageClient, pageEdge } from './page-client.ts';
import type { ChatProvider } from './provider/provider-element.ts';
import type { Client, ThreadStore, ThreadTarget } from './view.ts';
import { englishWords, type Words } from './words.ts';

/** What thread and composer share: which thread of which client they show, and in which words. */
export abstract class ChatElement extends Base {
  declare site: string | undefined;
  declare edge: string | undefined;
  declare thread: string | undefined;
  declare room: string | undefined;
  declare theme: string | undefined;
  declare client: Client | undefined;
  declare words: Partial<Words> | undefined;
  /** @internal The thread that it is a part of. */
  owner: ChatElement | undefined;
  /** @internal The nearest provider, which takes the element in its care. */
  _provider: ChatProvider | undefined;
  /** @internal What is shown; nothing while detached, or without a site and an edge. */
  _store: ThreadStore | undefined;
  private _stop: (() => void) | undefined;
  private _equipped = false;
  /** @internal The last sign of one, and on what: a key on a message is pressed again by what comes later. */
  _intent: [Event, EventTarget | undefined] | undefined;

  constructor(...styles: string[]) {
    super(...styles);
    const onIntent = (event: Event) => {
      this._intent = [event, event.composedPath()[0]];
      if (!this._equipped) this._want().catch(() => {}); // Asked for again at the next.
    };
    for (const type of ['pointerenter', 'focusin', 'keydown']) this.addEventListener(type, onIntent);
  }

  override connectedCallback(): void {
    this.dispatchEvent(new CustomEvent('chat-provider-request', { detail: this, bubbles: true, composed: true }));
    this._turn(this._client?.open(this._target));
    super.connectedCallback();
  }

  disconnectedCallback(): void {
    this._provider?._elements.delete(this);
    this._provider = undefined;
    this._turn();
  }

  /** Resolves when what a reader's first intent needs is here, and shown. @throws ChatError */
  protected _want(): Promise<void> {
    return want(this._client?.edge).finally(() => {
      for (const element of [this, this._root.querySelector('chat-composer') as ChatElement | null])
        if (element?.isConnected) element._update();
    });
  }

  /** What a reader's first intent needs is here. */
  protected _equip(): void {}

  /** Its own template stands. */
  protected _drawn(): void {}

  override _update(): void {
    this._turn(this._client?.open(this._target));
    if (!this._store) console.warn(`<${this.localName}> needs site and edge.`);
    if (later._look && !this._equipped) {
      this._equipped = true;
      this._style(later._look.styles);
      this._equip();
    }
    super._update();
    this._drawn();
  }

  /** @internal */
  get _words(): Words {
    return (
      this.owner?._words ?? {
        ...englishWords,
        ...this._store?.view.site.texts,
        ...this._provider?.words,
        ...this.words,
      }
    );
  }

  /**
   * Tells the page. The answer is false where a listener forbade what the event announces.
   * @internal
   */
  _tell(name: string, detail: unknown): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  /** Shows another thread. The new one first: what both share, a stream or a session, is then not closed in between. */
  private _turn(store?: ThreadStore): void {
    if (store === this._store) return;
    const stop = store?.subscribe(() => this.requestUpdate());
    this._stop?.();
    this._stop = stop;
    this._store = store;
  }

  private get _client(): Client | undefined {
    if (this.owner) return this.owner._client;
    const { client, _provider: provider, site = provider?.site, edge = provider?.edge ?? pageEdge.url } = this;
    const shared = provider?.shared;
    // A provider's client serves those within, unless one of them names another site or edge.
    const fits = shared && shared.site === (this.site ?? shared.site) && shared.edge === (this.edge ?? shared.edge);
    return client ?? (fits ? shared : site && edge ? pageClient(edge, site) : undefined);
  }

  private get _target(): ThreadTarget {
    const { thread, room } = this.owner ?? this;
    return thread ? { thread } : room ? { room } : { support: true };
  }
}
