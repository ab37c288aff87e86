/** What a script tag brings: every element, and the client for pages that want it. The rest follows when it is needed. */
import { ChatError } from '@payload-chat/protocol';
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

/** Which build this file is of; the build fills it in, the same in both files. */
const build = '__BUILD__';
let attempts = 0;

later._load = async (edge) => {
  let more: { build?: string; default?(...handed: object[]): object } | undefined;
  // Some browsers remember that an address failed: each attempt has its own.
  for (const base of [import.meta.url, `${edge}/`])
    more ??= await import(/* @vite-ignore */ new URL(`chat-more.js?${build}${attempts++ || ''}`, base).href).catch(
      () => {},
    );
  // An edge that was deployed since the page was opened has another.
  if (more && more.build !== build) throw new ChatError('conflict');
  Object.assign(later, (more as Required<NonNullable<typeof more>>).default({ core }, { handed }));
};

define('chat-provider', ChatProvider);
define('chat-composer', ChatComposer);
define('chat-thread', ChatThread);

export { ChatComposer, ChatProvider, ChatThread, createClient };
