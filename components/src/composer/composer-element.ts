import { html, nothing, type TemplateResult } from 'lit/html.js';
import { ChatElement } from '../chat-element.ts';
import { type Draft, draftOf } from '../draft.ts';
import { icon } from '../look/icons.ts';
import { tokens } from '../look/tokens.ts';
import { parseMarkdown, plainText } from '../markdown.ts';
import { fill } from '../words.ts';
import { composerStyles } from './composer-styles.ts';
import { hintOf } from './hint.ts';

/**
 * The field in which a thread's next message is written. `<chat-thread>` brings its own; alone it writes to the thread
 * that its attributes name, and answers and edits what is chosen in any `<chat-thread>` of the same thread.
 *
 * @tag chat-composer
 * @attr {string} site - The site's key; by default that of the nearest provider.
 * @attr {string} edge - Where the edge answers.
 * @attr {string} thread - The thread's id.
 * @attr {string} room - Or the room's key. With neither, the caller's own support thread.
 * @attr {'light'|'dark'} theme - Overrides the page's `color-scheme`.
 * @fires chat-send - Before a message is sent: `{ content, replyTo }`. `preventDefault()` keeps it in the field.
 * @fires chat-error - The server refused an edit: `{ error }`.
 * @slot notice - Above the field.
 * @csspart field - The bordered field.
 * @csspart input - The text area.
 * @csspart send - The send button.
 * @csspart context - What is replied to or edited.
 * @csspart hint - Under the field: what is wrong, or how much is left.
 */
export class ChatComposer extends ChatElement {
  private _refusal = '';
  private _busy = false;
  private _draft: Draft | undefined;
  private _tick: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super(tokens, composerStyles);
  }

  override focus(options?: FocusOptions): void {
    this._field?.focus(options);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this._tick);
    this._listen(undefined);
  }

  protected override _view(): TemplateResult {
    const words = this._words;
    this._listen(this._store && draftOf(this._store));
    const draft = this._draft;
    const chars = draft?.text.trim().length ?? 0;
    const waitMs = (this._shown.view?.sendAgainAtMs ?? 0) - Date.now();
    const hint = hintOf(words, chars, waitMs, this._refusal);
    clearTimeout(this._tick);
    if (waitMs > 0) this._tick = setTimeout(() => this.requestUpdate(), waitMs % 1000 || 1000);
    const ready = draft && chars && !this._busy && !hint?.fault;
    return html`<div class="c">
      <slot name="notice"></slot>
      <div class="f" part="field" @click=${this._press}>
        ${draft?.context ? this._context(draft.context) : nothing}
        <div class="r">
          <textarea
            part="input"
            rows="1"
            dir=${draft?.text ? 'auto' : nothing}
            enterkeyhint="send"
            aria-describedby="n"
            aria-label=${words.write}
            placeholder=${words.write}
            .value=${draft?.text ?? ''}
            @input=${this._write}
            @keydown=${this._key}
          ></textarea>
          <button
            class="i send"
            part="send"
            aria-label=${words.send}
            ?disabled=${!ready}
            @mousedown=${(event: Event) => event.preventDefault()}
            @click=${this._send}
          >${icon('send')}</button>
        </div>
      </div>
      ${
        hint
          ? html`<div class=${hint.fault ? 'n d' : 'n'} id="n" part="hint" aria-live=${hint.counts ? 'off' : 'polite'}>${hint.text}</div>`
          : html`<div class="n y" id="n" part="hint">${words.keys}</div>`
      }
    </div>`;
  }

  protected override _update(): void {
    super._update();
    const field = this._field;
    // CSP allows what the script sets on `style`; browsers without field-sizing need the height told.
    if (field && !CSS.supports('field-sizing', 'content')) {
      field.style.height = 'auto';
      field.style.height = `${field.scrollHeight}px`;
    }
  }

  private get _field(): HTMLTextAreaElement | null {
    return this._root.querySelector('textarea');
  }

  private _context({ is, message }: NonNullable<Draft['context']>) {
    const words = this._words;
    const name = message.own ? words.you : message.sender.name;
    return html`<div class="k" part="context">
      <p>
        <b>${is === 'edit' ? words.editing : fill(words.replying, name)}</b>
        <span dir="auto">${is === 'edit' ? words.escCancels : plainText(parseMarkdown(message.content))}</span>
      </p>
      <button class="i" aria-label=${words.cancel} @click=${() => this._draft?.end()}>${icon('close')}</button>
    </div>`;
  }

  private _listen(draft: Draft | undefined): void {
    if (draft === this._draft) return;
    for (const name of ['begin', 'end']) {
      this._draft?.removeEventListener(name, this._turn);
      draft?.addEventListener(name, this._turn);
    }
    this._draft = draft;
  }

  private _turn = ({ type }: Event): void => {
    this._refusal = '';
    this.requestUpdate();
    if (type === 'begin') queueMicrotask(() => this.focus());
  };

  private _press(event: Event): void {
    if (!(event.target as Element).closest('button')) this.focus();
  }

  private _write(): void {
    const draft = this._draft;
    if (!draft) return;
    draft.text = this._field?.value ?? '';
    this._refusal = '';
    if (draft.text.trim() && !draft.context) this._store?.typing();
    this.requestUpdate();
  }

  private _key(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a candidate; Safari says so by the key code alone.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this._root.querySelector<HTMLButtonElement>('.send')?.click();
    }
    if (event.key === 'Escape' && this._draft?.context) {
      event.stopPropagation();
      this._draft.end();
    }
  }

  private _send(): void {
    const store = this._store;
    const draft = this._draft;
    const content = draft?.text.trim();
    if (!store || !draft || !content) return;
    this.focus();
    if (draft.context?.is === 'edit') return void this._edit(content, draft, draft.context.message);
    const replyTo = draft.context?.message.id;
    if (!this._tell('chat-send', { content, replyTo })) return;
    draft.text = '';
    store.send(content, replyTo ? { replyTo } : {});
    draft.end();
  }

  private async _edit(content: string, draft: Draft, message: { id: string; content: string }): Promise<void> {
    const context = draft.context;
    this._busy = true;
    this.requestUpdate();
    try {
      if (content !== message.content) await this._store?.edit(message.id, content);
      if (draft.context === context) draft.end();
    } catch (error) {
      this._refusal = (error as Error).message;
      this._tell('chat-error', { error });
    }
    this._busy = false;
    this.requestUpdate();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'chat-composer': ChatComposer;
  }
}
