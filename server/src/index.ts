/** What a host imports: the plugin, and what its own code needs to append to the chat. */
export { guarded } from './endpoints/guarded-route.ts';
export { defaultLimits } from './endpoints/limits.ts';
export { endAccountSessions } from './identity/logout.ts';
export type { ChatOptions } from './options.ts';
export { chat } from './plugin.ts';
export { quietError, quietly } from './quiet-error.ts';
