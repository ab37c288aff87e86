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
  deleted: 'Message deleted',
  tryAgain: 'Try again',
  you: 'You',
  team: 'Team',
  support: 'Support',
  messages: 'Messages',
  today: 'Today',
  yesterday: 'Yesterday',
  newMessage: '1 new message',
  newMessages: '{} new messages',
  joined: '{} joined',
  typing: '{} is typing',
  severalTyping: 'Several people are typing',
  closed: 'Conversation closed',
  reopen: 'Write to open it again',
  reconnecting: 'Reconnecting…',
  offline: "You're offline.",
  later: 'Messages go out later.',
  back: 'Back online',
  empty: 'No messages yet',
  emptyText: 'Ask anything.',
  failed: "This conversation didn't load",
  failedText: "The server didn't answer. Your messages are safe.",
  absent: 'Nothing to see here',
  absentText: "This conversation doesn't exist, or you're not part of it.",
  earlier: 'Earlier message',
  stale: 'This page is older than the chat. Reload it.',
  notLoaded: "Part of the chat didn't load. Try again.",
};

export type Words = typeof words & typeof moreWords;

/** The second half comes with what it is for. */
export const englishWords = words as Words;

export function fill(word: string, value: string | number): string {
  return word.replace('{}', () => String(value));
}
