/** Every HTTP handler of the chat, merged by the plugin into Payload's own. */
import type { Endpoint } from 'payload';

/** Under `/api`. */
export const chatEndpoints: Endpoint[] = [];
/** Under `/api/messages`, before Payload's own. */
export const messageEndpoints: Endpoint[] = [];
/** Under `/api/participants`, before Payload's own. */
export const participantEndpoints: Endpoint[] = [];
