/** The one hook that the chat adds to the host's auth collection: a logout ends the chat's sessions made from it. */
import type { CollectionAfterLogoutHook } from 'payload';

export const afterLogout: CollectionAfterLogoutHook[] = [];
