/**
 * Every word that the elements say. `{}` stands for a name or a number. An element's `words` replaces some or all.
 */
import type { words as moreWords } from './more/words.ts';

const words = {
  write: 'Write a message',
  send: 'Send',
  sent: 'Sent',
  read: 'Read',
  edited: 'Edited',
  you: 'You',
  team: 'Team',
  support: 'Support',
  messages: 'Messages',
  today: 'Today',
  yesterday: 'Yesterday',
  closed: 'Conversation closed',
  offline: "You're offline.",
  stale: 'This page is older than the chat. Reload it.',
  notLoaded: "Part of the chat didn't load. Try again.",
};

export type Words = typeof words & typeof moreWords;

/** The second half comes with what it is for. */
export const englishWords = words as Words;
