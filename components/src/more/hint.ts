/** What stands under the field, and whether what was written can be sent as it is. */
import { core } from '../core.ts';
import type { Words } from '../words.ts';
import { fill } from './fill.ts';

const { limits } = core;

export interface Hint {
  text: string;
  fault: boolean;
  /** Changes by the second: shown, not read out. */
  counts: boolean;
}

/** Characters left are told from here on, in UTF-16 units. */
const closeChars = 200;

/** `most` is what the site takes, in UTF-16 units; as much as the wire does where it said nothing. */
export function hintOf(
  words: Words,
  chars: number,
  waitMs: number,
  refusal: string | undefined,
  most: number = limits.contentChars,
): Hint | undefined {
  const left = most - chars;
  if (waitMs > 0) return { text: fill(words.slower, Math.ceil(waitMs / 1000)), fault: true, counts: true };
  if (left < 0) return { text: fill(words.tooLong, most.toLocaleString()), fault: true, counts: false };
  if (refusal) return { text: refusal, fault: true, counts: false };
  if (left <= closeChars) return { text: fill(words.left, left), fault: false, counts: true };
}
