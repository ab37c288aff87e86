import { html, nothing, type TemplateResult } from 'lit/html.js';
import { ChatElement } from '../chat-element.ts';
import { type Draft, draftOf } from '../draft.ts';
import { later } from '../later.ts';
import { icon } from '../look/icons.ts';
import { tokens } from '../look/tokens.ts';
import { composerStyles } from './composer-styles.ts';

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
  /** @internal What is being written. */
  _draft: Draft | undefined;
  /** @internal Why an edit was refused; and whether one is on its way. */
  _refusal = '';
  /** @internal */
  _busy = false;
  /** @internal */
  _tick: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super(tokens, composerStyles);
  }

  override focus(options?: FocusOptions): void {
    this._field?.focus(options);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this._listen(undefined);
  }

  protected override _view(): TemplateResult {
    const words = this._words;
    this._listen(this._store && draftOf(this._store));
    const text = this._draft?.text ?? '';
    const fault = later._fault;
    const { strip, hint, ready } = later._look?.composing(this) ?? {
      strip: nothing,
      hint: fault ? html`<div class="n d" id="n" part="hint" role="alert">${words[fault]}</div>` : nothing,
      ready: true,
    };
    return html`<div class="c">
      <slot name="notice"></slot>
      <div class="f" part="field" @click=${this._press}>
        ${strip}
        <div class="r">
          <textarea
            part="input"
            rows="1"
            dir=${text ? 'auto' : nothing}
            enterkeyhint="send"
            aria-describedby="n"
            aria-label=${words.write}
            placeholder=${words.write}
            .value=${text}
            @input=${this._write}
            @keydown=${this._key}
          ></textarea>
          <button
            class="i send"
            part="send"
            aria-label=${words.send}
            ?disabled=${!ready || !text.trim()}
            @mousedown=${(event: Event) => event.preventDefault()}
            @click=${this._send}
          >${icon('send')}</button>
        </div>
      </div>
      ${hint}
    </div>`;
  }

  override _update(): void {
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

  private _listen(draft: Draft | undefined): void {
    this._draft?.composers.delete(this);
    this._draft = draft;
    draft?.composers.add(this);
  }

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
    const draft = this._draft;
    if (event.key === 'Escape' && draft?.context) {
      event.stopPropagation();
      later._look?.end(draft);
    }
  }

  private _send(): void {
    this.focus();
    const draft = this._draft;
    if (later._look) later._look.send(this);
    if (later._look || !draft) return;
    // Taken from the field as it is now: what is written on is the next message.
    const content = draft.text.trim();
    draft.text = '';
    this._want().then(
      () => later._look?.send(this, content),
      () => {
        draft.text = `${content}\n${draft.text}`.trim();
        this.requestUpdate();
      },
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'chat-composer': ChatComposer;
  }
}
