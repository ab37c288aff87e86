/** The second file of `chat.js`: what `later` holds. Its build hands it `core` and `handed` of the first. */
import { claim } from './more/claim.ts';
import { createHands } from './more/hands.ts';
import { createLateness } from './more/lateness.ts';
import { look } from './more/look.ts';

export { claim as _claim, createHands as _hands, createLateness as _lateness, look as _look };
