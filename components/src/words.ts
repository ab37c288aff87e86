/**
 * Every word that the elements say. Four of them a site may have its own for, under the names that its `texts` have. `{}` stands for a name or a number. An element's `words` replaces some or all.
 */
import type { words as moreWords } from './more/words.ts';

const words = {
  placeholder: 'Write a message',
  send: 'Send',
  sent: 'Sent',
  read: 'Read',
  edited: 'Edited',
  you: 'You',
  team: 'Team',
  title: 'Support',
  messages: 'Messages',
  today: 'Today',
  yesterday: 'Yesterday',
  closed: 'Conversation closed',
  offline: "You're offline.",
  notLoaded: "Part of the chat didn't load. Try again, or reload the page.",
};

export type Words = typeof words & typeof moreWords;

/** The second half comes with what it is for. */
export const englishWords = words as Words;
