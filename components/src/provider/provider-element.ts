import { html, type TemplateResult } from 'lit/html.js';
import { Base, css } from '../base.ts';
import type { ChatElement } from '../chat-element.ts';
import { createClient } from '../client.ts';
import { pageClient, pageEdge } from '../page-client.ts';
import type { Client } from '../view.ts';
import type { Words } from '../words.ts';

const styles = css`
  :host { display: contents }
  :host([theme=light]) { color-scheme: light }
  :host([theme=dark]) { color-scheme: dark }
`;

/**
 * Gives one client, one theme and one set of words to every chat element within. It has no box of its own.
 *
 * @tag chat-provider
 * @attr {string} site - The site's key.
 * @attr {string} edge - Where the edge answers; by default where `chat.js` came from.
 * @attr {'light'|'dark'} theme - Overrides the page's `color-scheme` for the elements within.
 * @prop {Client} client - A client made elsewhere; otherwise one is made from `edge`, `site` and `getToken`.
 * @prop {() => Promise<{ token: string, expiresAt: string }>} getToken - The user's chat token; without it, a visitor.
 * @prop {Partial<Words>} words - Replaces what the elements say.
 * @slot - The page's content.
 */
export class ChatProvider extends Base {
  declare site: string | undefined;
  declare edge: string | undefined;
  declare theme: string | undefined;
  declare client: Client | undefined;
  declare getToken: (() => Promise<{ token: string; expiresAt: string }>) | undefined;
  declare words: Partial<Words> | undefined;
  /** A client made here, and what it was made of. */
  private _made: { client: Client; of: unknown[] } | undefined;
  /** @internal Those within, which are told of every change. */
  _elements = new Set<ChatElement>();

  constructor() {
    super(styles);
    this.addEventListener('chat-provider-request', (event) => {
      const { detail: element } = event as CustomEvent<ChatElement>;
      event.stopPropagation();
      element._provider = this;
      this._elements.add(element);
    });
  }

  disconnectedCallback(): void {
    this._drop();
  }

  /** The client that the elements within use; `undefined` while there is neither one nor the means to make it. */
  get shared(): Client | undefined {
    const { site, edge = pageEdge.url, getToken } = this;
    if (this.client || !site || !edge) return this.client;
    if (!getToken) return pageClient(edge, site);
    const of = [site, edge, getToken];
    if (this._made?.of.some((part, index) => part !== of[index])) this._drop();
    this._made ??= { client: createClient({ edge, site, getToken }), of };
    return this._made.client;
  }

  protected override _view(): TemplateResult {
    for (const element of this._elements) element.requestUpdate();
    return html`<slot></slot>`;
  }

  private _drop(): void {
    this._made?.client.close();
    this._made = undefined;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'chat-provider': ChatProvider;
  }
}
