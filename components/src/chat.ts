/** What a script tag brings: every element, and the client for pages that want it. The rest follows when it is needed. */
import { define } from './base.ts';
import { createClient } from './client.ts';
import { ChatComposer } from './composer/composer-element.ts';
import { core } from './core.ts';
import { later } from './later.ts';
import { handed } from './look/handed.ts';
import { pageEdge } from './page-client.ts';
import { ChatProvider } from './provider/provider-element.ts';
import { ChatThread } from './thread/thread-element.ts';

pageEdge.url = new URL(import.meta.url).origin;

/** What the second file of this build is, and no other; the build fills it in. */
const integrity = '__INTEGRITY__';
let attempts = 0;

later._load = async (edge) => {
  let more: { default(...handed: object[]): object } | undefined;
  // Some browsers remember that an address failed: each attempt has its own.
  for (const base of [import.meta.url, `${edge}/`])
    more ??= await whole(new URL(`chat-more.js?${integrity}${attempts++}`, base).href).catch(() => {});
  // Neither: it can't be had, or it is another build's, since the edge was deployed after the page was opened.
  Object.assign(later, (more as NonNullable<typeof more>).default({ core }, { handed }));
};

/** An import has no integrity of its own: it is of what the page holds by then, and has found whole. */
function whole(href: string) {
  return new Promise((onload, onerror) =>
    document.head.append(
      Object.assign(document.createElement('link'), {
        rel: 'modulepreload',
        integrity,
        nonce: document.querySelector<HTMLElement>('[nonce]')?.nonce,
        onload,
        onerror,
        href, // The last: with it the browser begins.
      }),
    ),
  ).then(() => import(/* @vite-ignore */ href));
}

define('chat-provider', ChatProvider);
define('chat-composer', ChatComposer);
define('chat-thread', ChatThread);

export { createClient };
