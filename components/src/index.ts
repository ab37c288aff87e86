/** What a program uses: the client without a page, and what it shows. */

export type { ChatError, ErrorCode, LineEvent, Message, Participant, Thread, User } from '@payload-chat/protocol';

import './more/write.ts';

export type { ClientOptions, KeyStorage } from './client.ts';
export { createClient } from './client.ts';
export type { Aim, ControllerHost } from './controller.ts';
export { ThreadController } from './controller.ts';
export type {
  Client,
  Connection,
  Delivery,
  Phase,
  ShownMessage,
  ThreadStore,
  ThreadTarget,
  ThreadView,
} from './view.ts';
export { englishWords, type Words } from './words.ts';
