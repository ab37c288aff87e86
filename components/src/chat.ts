/** The whole for a script tag: every element, and the client for pages that want it. */
import { pageEdge } from './page-client.ts';

pageEdge.url = new URL(import.meta.url).origin;

export * from './chat-composer.ts';
export * from './chat-provider.ts';
export * from './chat-thread.ts';
export { createClient } from './client.ts';
