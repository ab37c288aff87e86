/** What stands above the log while the line is broken. */
import type { TemplateResult } from 'lit/html.js';
import { handed } from '../look/handed.ts';
import type { ChatThread } from '../thread/thread-element.ts';
import type { Connection } from '../view.ts';
import type { Words } from '../words.ts';

const { html, icon, nothing } = handed;

export type Banner = 'reconnecting' | 'offline' | 'slow' | 'failing' | 'back' | undefined;

/** A line that breaks for less than this is not worth a word. The stylesheet waits as long, both ways. */
const tellMs = 2000;

let warned = false;

/** What the banner says after the line's state changed from `last` to `now`; the page is told what a person is. */
export function bannerOf(
  told: Banner,
  last: Connection | undefined,
  now: Connection,
  thread?: Pick<ChatThread, '_tell'>,
): Banner {
  if (now.is === 'failing' && last?.is !== now.is)
    thread?._tell('chat-error', { error: Object.assign(new Error(now.why), { code: 'unavailable' }) });
  if (now.is === 'slow' && !warned) {
    warned = true;
    console.warn(
      `A proxy holds back the chat's stream (${now.why}): messages arrive late. Let it heed X-Accel-Buffering (nginx: proxy_buffering off) and not compress text/event-stream.`,
    );
  }
  if ('sinceMs' in now) return told === 'offline' && now.is === 'reconnecting' ? told : now.is;
  if (now.is === 'connecting' || !told || told === 'back') return told;
  const noticed = told !== 'reconnecting' || (last && 'sinceMs' in last && Date.now() - last.sinceMs > tellMs);
  return noticed && told !== 'slow' ? 'back' : undefined;
}

const signs = { reconnecting: 'spinner', offline: 'offline', slow: 'clock', failing: 'alert', back: 'sent' } as const;

export function bannerView(is: keyof typeof signs, words: Words, again: () => void): TemplateResult {
  return html`<div class=${`bn s ${is}`} part="banner">
    ${icon(signs[is])}<b>${words[is]}</b>
    ${is === 'offline' ? words.later : is === 'failing' ? html`<button @click=${again}>${words.tryAgain}</button>` : nothing}
  </div>`;
}
