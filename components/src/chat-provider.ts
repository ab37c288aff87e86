/** Defines `<chat-provider>`. */
import { define } from './base.ts';
import { ChatProvider } from './provider/provider-element.ts';

define('chat-provider', ChatProvider);

export { ChatProvider };
