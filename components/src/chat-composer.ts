/** Defines `<chat-composer>`, and the provider that it may stand in. */
import './chat-provider.ts';
import './more/show.ts';
import { define } from './base.ts';
import { ChatComposer } from './composer/composer-element.ts';

define('chat-composer', ChatComposer);

export { ChatComposer };
