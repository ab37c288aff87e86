/** What the elements show from a reader's first intent on, and do then; and what only some threads show. */
import { handed } from '../look/handed.ts';
import { strokes } from './strokes.ts';
import { words } from './words.ts';

export { bannerOf, bannerView } from './banner.ts';
export { between, betweenView } from './between.ts';
export { act, composing, fit, send } from './composing.ts';
export { contentView } from './content.ts';
export { Deeds } from './deeds.ts';
export { preview } from './markdown.ts';
export { moveIn } from './moving-in.ts';
export { pageBack } from './page-back.ts';
export { closedView, newWords, pillView, quoteView, stateView, typingView } from './rare.ts';
export { styles } from './styles.ts';
export { barView, undeliveredView } from './undelivered.ts';

Object.assign(handed.englishWords, words);
Object.assign(handed.strokes, strokes);
