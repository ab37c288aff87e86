/** What the composer does beyond taking in text: it answers, edits, says why something can't be sent, and sends. */
import type { TemplateResult } from 'lit/html.js';
import type { ChatComposer } from '../composer/composer-element.ts';
import { handed } from '../look/handed.ts';
import type { ShownMessage, ThreadView } from '../view.ts';
import { type Draft, draftOf } from './draft.ts';
import { fill } from './fill.ts';
import { hintOf } from './hint.ts';
import { preview } from './markdown.ts';

const { html, icon, isSend, nothing } = handed;

/** Begins to answer or edit a message, in every composer of the draft. */
export function begin(draft: Draft, is: 'reply' | 'edit', message: ShownMessage): void {
  end(draft);
  draft.context = { is, message };
  if (is === 'edit') {
    draft.kept = draft.text;
    draft.text = message.content;
  }
  for (const composer of draft.composers) queueMicrotask(() => composer.focus());
}

export function end(draft: Draft): void {
  if (draft.context?.is === 'edit') draft.text = draft.kept ?? '';
  draft.context = undefined;
  for (const composer of draft.composers) {
    composer._refusal = undefined;
    composer.requestUpdate();
    if (!composer.isConnected) draft.composers.delete(composer);
  }
}

/** The draft of what the composer shows. What stood in the field before there was one is its beginning. */
function follow(composer: ChatComposer): Draft | undefined {
  const draft = composer._store && draftOf(composer._store);
  if (draft && !composer._draft) draft.text ||= composer._field?.value ?? '';
  if (draft !== composer._draft) composer._draft?.composers.delete(composer);
  composer._draft = draft;
  draft?.composers.add(composer);
  return draft;
}

/** What stands above, in and under the field, and whether it can't be sent as it is. */
export function composing(composer: ChatComposer) {
  const words = composer._words;
  const draft = follow(composer);
  const text = draft?.text ?? '';
  const chars = text.trim().length;
  const view = composer._store?.view;
  const context = draft?.context;
  // As it is now: what was taken back meanwhile must not stay above the field.
  if (context)
    context.message = view?.messages.find(({ id }) => id === context.message.id) ?? { ...context.message, content: '' };
  const waitMs = (view?.sendAgainAtMs ?? 0) - Date.now();
  const hint = hintOf(words, chars, waitMs, composer._refusal, view?.site.limits?.contentLength);
  clearTimeout(composer._tick);
  if (waitMs > 0) composer._tick = setTimeout(() => composer.requestUpdate(), waitMs % 1000 || 1000);
  return {
    strip: draft && context ? stripView(composer, draft, context) : nothing,
    hint:
      view && isClosed(view)
        ? closedView(composer)
        : hint
          ? html`<div class=${hint.fault ? 'n d' : 'n'} id="n" part="hint" aria-live=${hint.counts ? 'off' : 'polite'}>${hint.text}</div>`
          : html`<div class="n ks" id="n" part="hint">${words.keys}</div>`,
    text,
    off: !chars || composer._busy || hint?.fault,
  };
}

/** Whether the reader may read and not write: said beforehand to a guest, to others by the refusal that they see. */
function isClosed({ site, messages }: ThreadView): boolean {
  return (
    site.rooms === 'read' ||
    messages.some(({ delivery }) => delivery.is === 'failed' && delivery.error.code === 'forbidden')
  );
}

/** Stands in the place of the field, which the stylesheet hides beside it. */
function closedView(composer: ChatComposer): TemplateResult {
  const { _words: words } = composer;
  const page = (composer.owner ?? composer).getAttribute('sign-in');
  return html`<div class="cl s" part="closed">
    ${icon('lock')}
    <p>${words.membersOnly}</p>
    ${
      page
        ? html`<a part="sign-in" href=${page}>${words.signIn}</a>`
        : html`<button part="sign-in" @click=${() => composer._tell('chat-sign-in', {})}>${words.signIn}</button>`
    }
  </div>`;
}

/** Browsers without field-sizing need the height told; CSP allows what a script sets on `style`. */
export function fit({ _field: field, _root: root }: ChatComposer): void {
  // What he writes with has just gone from under his hands.
  if (field && root.activeElement === field) root.querySelector<HTMLElement>('.cl > :last-child')?.focus();
  if (!field || CSS.supports('field-sizing', 'content')) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}

/** What was done in the field, or to its button. */
export function act(composer: ChatComposer, event: Event): void {
  const { _draft: draft, _field: field } = composer;
  const onButton = (event.target as Element).closest('button');
  if (!draft || !field) return;
  if (event.type === 'input') {
    draft.text = field.value;
    composer._refusal = undefined;
    if (draft.text.trim() && !draft.context) composer._store?.typing();
    composer.requestUpdate();
  } else if (event.type === 'mousedown') {
    if (onButton) event.preventDefault(); // The field goes on being written in.
  } else if (isSend(event)) {
    event.preventDefault();
    if (!composer._root.querySelector<HTMLButtonElement>('.send')?.disabled) send(composer);
  } else if (event.type === 'click' && !onButton) composer.focus();
  else if ((event as KeyboardEvent).key === 'Escape' && draft.context) {
    event.stopPropagation();
    end(draft);
  }
}

function stripView({ _words: words }: ChatComposer, draft: Draft, { is, message }: NonNullable<Draft['context']>) {
  const name = message.own ? words.you : message.sender.name;
  return html`<div class="k" part="context">
    <p>
      <b>${is === 'edit' ? words.editing : fill(words.replying, name)}</b>
      <span dir="auto">${is === 'edit' ? words.escCancels : preview(message.content)}</span>
    </p>
    <button class="i" aria-label=${words.cancel} @click=${() => end(draft)}>${icon('close')}</button>
  </div>`;
}

/** Sends what was written, or `content` where that was taken from the field already. */
export function send(composer: ChatComposer, content = composer._draft?.text.trim()): void {
  const { _store: store, _draft: draft } = composer;
  if (!store || !draft || !content) return;
  composer.focus();
  if (draft.context?.is === 'edit') return void edit(composer, draft, content, draft.context.message);
  const replyTo = draft.context?.message.id;
  if (!composer._tell('chat-send', { content, replyTo })) {
    draft.text ||= content;
    composer.requestUpdate();
    return;
  }
  if (draft.text.trim() === content) draft.text = '';
  store.send(content, replyTo ? { replyTo } : {});
  end(draft);
}

async function edit(composer: ChatComposer, draft: Draft, content: string, message: ShownMessage): Promise<void> {
  const { context } = draft;
  composer._busy = true;
  composer.requestUpdate();
  try {
    if (content !== message.content) await composer._store?.edit(message.id, content);
    if (draft.context === context) end(draft);
  } catch (error) {
    composer._refusal = (error as Error).message;
    composer._tell('chat-error', { error });
  }
  composer._busy = false;
  composer.requestUpdate();
}
