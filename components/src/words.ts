/**
 * Every word that the elements say. `{}` stands for a name or a number. An element's `words` replaces some or all.
 */
export const englishWords = {
  write: 'Write a message',
  send: 'Send',
  sending: 'Sending',
  sent: 'Sent',
  read: 'Read',
  waiting: 'Waiting',
  edited: 'Edited',
  deleted: 'Message deleted',
  notSent: 'Not sent.',
  tryAgain: 'Try again',
  delete: 'Delete',
  reply: 'Reply',
  copy: 'Copy text',
  edit: 'Edit',
  more: 'More',
  cancel: 'Cancel',
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
  membersOnly: 'Only members can write here.',
  tooLong: 'Over 4,000 characters. Shorten it, then send.',
  left: '{} characters left',
  slower: 'A little slower, please. You can send again in {} s.',
  replying: 'Replying to {}',
  editing: 'Editing your message',
  escCancels: 'Esc cancels',
  keys: 'Enter to send, Shift + Enter for a new line',
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
};

export type Words = typeof englishWords;

export function fill(word: string, value: string | number): string {
  return word.replace('{}', () => String(value));
}
