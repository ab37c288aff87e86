/** What the elements hand to the part of them that `chat.js` fetches later: that part has no copy of its own. */
import { html, nothing, render } from 'lit/html.js';
import { isSend } from '../composer/composer-element.ts';
import { keyOf } from '../thread/rows.ts';
import { englishWords } from '../words.ts';
import { icon, strokes } from './icons.ts';

export const handed = {
  englishWords,
  html,
  icon,
  isSend,
  keyOf,
  nothing,
  render,
  strokes,
};
