/** The second file of `chat.js`: what `later` holds. Its build hands it `core` and `handed` of the first. */
import { createHands } from './more/hands.ts';
import { look } from './more/look.ts';

export { createHands as _hands, look as _look };
