import { html, nothing, type TemplateResult } from 'lit/html.js';
import { ChatElement } from '../chat-element.ts';
import { later } from '../later.ts';
import { icon } from '../look/icons.ts';
import { tokens } from '../look/tokens.ts';
import type { Draft } from '../more/draft.ts';
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
 * @attr {string} sign-in - Where somebody who may not write here signs in; without it that is told to the page.
 * @attr {'light'|'dark'} theme - Overrides the page's `color-scheme`.
 * @fires chat-send - Before a message is sent: `{ content, replyTo }`. `preventDefault()` keeps it in the field.
 * @fires chat-sign-in - The reader may not write here and wants to sign in.
 * @fires chat-error - The server refused an edit: `{ error }`.
 * @slot notice - Above the field.
 * @csspart field - The bordered field.
 * @csspart input - The text area.
 * @csspart send - The send button.
 * @csspart context - What is replied to or edited.
 * @csspart closed - In the place of the field, where the reader may not write.
 * @csspart sign-in - The way in there.
 * @csspart hint - Under the field: what is wrong, or how much is left.
 */
export class ChatComposer extends ChatElement {
  /** @internal What is being written, once what takes care of it is here; until then the field alone knows. */
  _draft: Draft | undefined;
  /** @internal Why an edit was refused. */
  _refusal: string | undefined;
  /** @internal Whether one is on its way. */
  _busy: boolean | undefined;
  /** @internal */
  _tick: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super(tokens, composerStyles);
  }

  override focus(options?: FocusOptions): void {
    this._field?.focus(options);
  }

  protected override _view(): TemplateResult {
    const words = this._words;
    const { strip, hint, text, off } = later._look?.composing(this) ?? {
      hint: later._fault && html`<div class="n d" id="n" part="hint" role="alert">${words.notLoaded}</div>`,
    };
    return html`<div class="c">
      <slot name="notice"></slot>
      <div class="f" part="field" @mousedown=${this._act} @click=${this._act}>
        ${strip}
        <div class="r">
          <textarea
            part="input"
            rows="1"
            dir=${text ? 'auto' : nothing}
            enterkeyhint="send"
            aria-describedby="n"
            aria-label=${words.placeholder}
            placeholder=${words.placeholder}
            .value=${text ?? ''}
            @input=${this._act}
            @keydown=${this._act}
          ></textarea>
          <button class="i send" part="send" aria-label=${words.send} ?disabled=${off}>${icon('send')}</button>
        </div>
      </div>
      ${hint}
    </div>`;
  }

  protected override _drawn(): void {
    later._look?.fit(this);
  }

  /** @internal */
  get _field(): HTMLTextAreaElement | null {
    return this._root.querySelector('textarea');
  }

  private _act(event: Event): void {
    const field = this._field;
    if (later._look) later._look.act(this, event);
    else if (field?.value.trim() && isSend(event)) {
      event.preventDefault();
      // Taken from the field as it is now: what is written on is the next message.
      const content = field.value.trim();
      field.value = '';
      this._want().then(
        () => later._look?.send(this, content),
        () => {
          field.value = `${content}\n${field.value}`.trim();
        },
      );
    }
  }
}

/** Whether it asks for what was written to be sent: the button, or Enter. */
export function isSend(event: Event): boolean {
  const { key, shiftKey, isComposing, keyCode } = event as KeyboardEvent;
  // While an input method composes, Enter chooses a candidate; Safari says so by the key code alone.
  return key
    ? key === 'Enter' && !shiftKey && !isComposing && keyCode !== 229
    : event.type === 'click' && !!(event.target as Element).closest('.send');
}

declare global {
  interface HTMLElementTagNameMap {
    'chat-composer': ChatComposer;
  }
}
