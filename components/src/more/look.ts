/** What the elements show from a reader's first intent on, and do then. */
import { handed } from '../look/handed.ts';
import { strokes } from './strokes.ts';
import { words } from './words.ts';

export { act, composing, fit, send } from './composing.ts';
export { Deeds } from './deeds.ts';
export {
  bannerView,
  closedView,
  joinedView,
  joinsOf,
  newView,
  newWords,
  pillView,
  quoteView,
  stateView,
  typingView,
} from './rare.ts';
export { styles } from './styles.ts';
export { barView, undeliveredView } from './undelivered.ts';

Object.assign(handed.englishWords, words);
Object.assign(handed.strokes, strokes);
