/** For npm's entries: writing comes with the client. */
import { later } from '../later.ts';
import { englishWords } from '../words.ts';
import { claim } from './claim.ts';
import { createHands } from './hands.ts';
import { createLateness } from './lateness.ts';
import { words } from './words.ts';

later._hands = createHands;
later._claim = claim;
later._lateness = createLateness;
Object.assign(englishWords, words);
