/** What every answer of the demo carries, and who is answered at all. */
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** What a page may load scripts from and talk to besides its own scripts: origins, or `'self'`. */
export interface Reach {
  scripts: string[];
  connects: string[];
}

/**
 * As strict as a policy gets: no inline script, no inline style, nothing from anywhere but the edge (and, for the pages
 * that log in, the server). The elements have to live under it, so an embedding page may have one like it.
 */
export const strictPolicy = (reach: Reach): MiddlewareHandler =>
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", ...reach.scripts],
      connectSrc: reach.connects.length ? reach.connects : ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    strictTransportSecurity: false, // Plain http on this machine.
    xFrameOptions: 'DENY',
  });

const ownNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The demo shows passwords, so it answers only who asks for this machine by its own name: a page of the open web whose
 * name was pointed at 127.0.0.1 (DNS rebinding) is none of them.
 */
export const ownNamesOnly: MiddlewareHandler = async (c, next) => {
  if (ownNames.includes(new URL(c.req.url).hostname)) return next();
  return c.text(`This demo answers at ${ownNames.slice(0, 2).join(' and ')} only.\n`, 421);
};

/** The origin of an URL, for a policy; an edge may have a path in front, which a policy would take for a file. */
export const originOf = (url: string): string => new URL(url).origin;
