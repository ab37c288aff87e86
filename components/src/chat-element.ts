import { Base } from './base.ts';
import { type Aim, ThreadController } from './controller.ts';
import { later, want } from './later.ts';
import { pageClient, pageEdge } from './page-client.ts';
import { type ChatProvider, ProviderRequest } from './provider/provider-element.ts';
import type { Client, ThreadStore } from './view.ts';
import { englishWords, type Words } from './words.ts';

/** What thread and composer share: which thread of which client they show, and in which words. */
export abstract class ChatElement extends Base {
  static override observedAttributes = ['site', 'edge', 'thread', 'room', 'lang', 'theme', 'heading'];
  static override objects = ['client', 'words'];
  declare site: string | undefined;
  declare edge: string | undefined;
  declare thread: string | undefined;
  declare room: string | undefined;
  declare theme: string | undefined;
  declare client: Client | undefined;
  declare words: Partial<Words> | undefined;
  /** @internal */
  _shown = new ThreadController(this, () => this._aim());
  private _provider: ChatProvider | undefined;
  private _leave: (() => void) | undefined;
  private _warned = false;
  private _equipped = false;

  constructor(...styles: ConstructorParameters<typeof Base>) {
    super(...styles);
    const onIntent = () => void (this._equipped || this._want().catch(() => {})); // Asked for again at the next.
    for (const type of ['pointerenter', 'focusin', 'keydown', 'click', 'input']) this.addEventListener(type, onIntent);
  }

  /** Resolves when what a reader's first intent needs is here, and shown. @throws ChatError */
  protected _want(): Promise<void> {
    return want(this._aim()?.client.edge).finally(() => {
      for (const element of [this, this._root.querySelector('chat-composer') as ChatElement | null])
        if (element?.isConnected) element._update();
    });
  }

  /** @internal */
  protected _equip(): void {}

  /** @internal */
  addController(): void {} // There is one, and it is called below.

  override connectedCallback(): void {
    const request = new ProviderRequest();
    this.dispatchEvent(request);
    this._provider = request.provider;
    this._leave = this._provider?.join(this);
    super.connectedCallback();
  }

  disconnectedCallback(): void {
    this._leave?.();
    this._shown.hostDisconnected();
  }

  protected override _update(): void {
    this._shown.hostUpdate();
    if (!this._store && !this._warned) {
      this._warned = true;
      console.warn(`<${this.localName}> shows nothing without a site and an edge, or a client.`);
    }
    if (later._look && !this._equipped) {
      this._equipped = true;
      this._root.adoptedStyleSheets.push(later._look.styles());
      this._equip();
    }
    super._update();
  }

  /** @internal */
  get _store(): ThreadStore | undefined {
    return this._shown.store;
  }

  /** @internal */
  get _words(): Words {
    return { ...englishWords, ...this._provider?.words, ...this.words };
  }

  /**
   * Tells the page. The answer is false where a listener forbade what the event announces.
   * @internal
   */
  _tell(name: string, detail: unknown): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  private _aim(): Aim | undefined {
    const { thread, room } = this;
    const provider = this._provider;
    const site = this.site ?? provider?.site;
    const edge = this.edge ?? provider?.edge ?? pageEdge.url;
    const shared = provider?.shared;
    // A provider's client serves those within, unless one of them names another site or edge.
    const fits = shared && shared.site === (this.site ?? shared.site) && shared.edge === (this.edge ?? shared.edge);
    const client = this.client ?? (fits ? shared : site && edge ? pageClient(edge, site) : undefined);
    return client && { client, target: thread ? { thread } : room ? { room } : { support: true } };
  }
}
