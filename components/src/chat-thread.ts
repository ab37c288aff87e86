/** Defines `<chat-thread>`, and what it is made of. */
import './chat-composer.ts';
import { define } from './base.ts';
import { ChatThread } from './thread/thread-element.ts';

define('chat-thread', ChatThread);

export { ChatThread };
