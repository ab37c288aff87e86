/** What the elements show from a reader's first intent on, and do then; and what only some threads show. */
import { handed } from '../look/handed.ts';
import { bannerOf, bannerView } from './banner.ts';
import { between, betweenView } from './between.ts';
import { act, composing, fit, send } from './composing.ts';
import { contentView } from './content.ts';
import { Deeds } from './deeds.ts';
import { preview } from './markdown.ts';
import { moveIn } from './moving-in.ts';
import { pageBack } from './page-back.ts';
import { closedView, newWords, pillView, quoteView, stateView, typingView } from './rare.ts';
import { strokes } from './strokes.ts';
import { styles } from './styles.ts';
import { toNew } from './to-new.ts';
import { barView, undeliveredView } from './undelivered.ts';
import { words } from './words.ts';

export const look = {
  Deeds,
  act,
  bannerOf,
  bannerView,
  barView,
  between,
  betweenView,
  closedView,
  composing,
  contentView,
  fit,
  moveIn,
  newWords,
  pageBack,
  pillView,
  preview,
  quoteView,
  send,
  stateView,
  styles,
  toNew,
  typingView,
  undeliveredView,
};

Object.assign(handed.englishWords, words);
Object.assign(handed.strokes, strokes);
