/** What a visitor keeps of his first visit: a random word that we signed for one site, opaque to him. */
import { randomBytes } from 'node:crypto';
import { ChatError } from '@payload-chat/protocol';
import type { Payload } from 'payload';
import { keyedHash, sameText } from './sealing.ts';
import { visitorUserId } from './user-id.ts';

/** Longest handle read at all, in characters. */
export const handleChars = 256;

export interface Visitor {
  handle: string;
  user: string;
}

const signed = (payload: Payload, site: string, word: string) =>
  `${word}.${keyedHash(payload.secret, 'visitor-handles', [site, word])}`;

export function newVisitor(payload: Payload, site: string): Visitor {
  const word = randomBytes(16).toString('base64url');
  return { handle: signed(payload, site, word), user: visitorUserId(payload, site, word) };
}

/** @throws ChatError `unauthorized` for a handle that we did not sign for this site. */
export function knownVisitor(payload: Payload, site: string, handle: string): Visitor {
  const word = handle.slice(0, handle.indexOf('.'));
  if (!word || !sameText(handle, signed(payload, site, word))) throw new ChatError('unauthorized');
  return { handle, user: visitorUserId(payload, site, word) };
}
