/** Who and what an empty database begins with. */

export const siteKey = 'halden';
export const siteName = 'Halden';
export const room = { key: 'lobby', title: 'Lobby' };

export const people = [
  { name: 'Ana Ferreira', email: 'ana@example.com', kind: 'member' },
  { name: 'Ben Okoro', email: 'ben@example.com', kind: 'member' },
  { name: 'Maya Lindqvist', email: 'agent@example.com', kind: 'agent' },
  { name: 'Admin', email: 'admin@example.com', kind: 'admin' },
] as const;

export type Role = (typeof people)[number]['kind'];

/** First words, each said once: their localIds are fixed. */
export const words = {
  direct: ['Train at 8:12 or 9:12 on Saturday?', '9:12. I’m not a person before nine ☕'],
  support: 'Hello, can I change the address of an order that is on its way?',
  room: 'Welcome to the lobby. Everyone on this page can read here.',
} as const;
