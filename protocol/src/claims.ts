/** What a chat token says (a JWT, ES256). Signatures are checked by who reads it; this is its shape. */
import { list, object, optional, type Parsed, text, whole, word } from './shape.ts';
import type { UserKind } from './thread.ts';

export const claims = /* @__PURE__ */ object({
  /** A chat user's id. */
  sub: text(1),
  site: text(1),
  /** The Origin of the session request; absent when it had none. */
  org: optional(text(1)),
  kind: word<UserKind>(),
  /** The session, as revocation names it. */
  sid: text(1),
  name: optional(text()),
  iat: whole(),
  /** Seconds since 1970, as JWT has it. */
  exp: whole(),
  /** The end set by the first proof, in seconds: no renewal passes it. */
  until: optional(whole()),
  /** `ticket` for a native EventSource's 60 s ticket: good for opening streams only. */
  use: optional(word<'ticket'>()),
  /** Of a ticket: when the token ends that it was made from, in seconds. Its streams end then. */
  ends: optional(whole()),
  /** Of a guest: the one public room he reads. */
  room: optional(text(1)),
  /** What let the session in, in words that an end of sessions may name (SPEC: Leaving). */
  via: optional(list(text(1))),
});
export type Claims = Parsed<typeof claims>;

/** The constant parts of every token. */
export const tokenUse = {
  algorithm: 'ES256',
  issuer: 'payload-chat',
  /** A chat token's life, in seconds. */
  lifeS: 3600,
  /** A ticket's. */
  ticketS: 60,
  /** How far two clocks may differ, in seconds. */
  skewS: 60,
} as const;

/**
 * Whether a request may use the token by its Origin: a differing Origin may not; a request without one (a same-origin
 * GET, a program) may; a token made without Origin is refused from any page.
 */
export function originAllowed(token: { org?: string }, origin: string | null | undefined): boolean {
  return !origin || origin === token.org;
}
