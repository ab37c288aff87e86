/** What a host imports: the plugin, and what its own code needs to append to the chat. */
export { endAccountSessions } from './identity/logout.ts';
export type { ChatOptions } from './options.ts';
export { chat } from './plugin.ts';
