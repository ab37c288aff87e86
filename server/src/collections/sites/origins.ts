/** Which pages may use a site's chat: origins, one by one or all sub-domains of a name. */
import { getPublicSuffix } from 'tldts';

/** `https://*.shop.example`, with a port or without: scheme, name without the star, port. */
const pattern = /^(https?:\/\/)\*\.([^/?#@*:]+)(:\d+)?$/;

/** `https://shop.example/` is what people paste. */
export const tidyOrigin = (origin: unknown): unknown =>
  typeof origin === 'string' ? origin.trim().replace(/\/$/, '') : origin;

/** What is wrong with an entry of the list, in words for a person; `undefined` for a good one. */
export function originFault(value: unknown): string | undefined {
  const text = String(value);
  if (!text.includes('*')) {
    const isOrigin = URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text);
    return isOrigin ? undefined : `${text}: scheme, host and port alone, like https://shop.example`;
  }
  const [, scheme = '', name = '', port = ''] = pattern.exec(text) ?? [];
  const plain = `${scheme}${name}${port}`;
  if (!name || !URL.canParse(plain) || new URL(plain).origin !== plain)
    return `${text}: a star stands for sub-domains alone, like https://*.shop.example`;
  // A star before one label would be everybody's under it; numbers are an address, which has no sub-domains.
  if (name.split('.').filter(Boolean).length < 2 || /\.\d+$/.test(name))
    return `${text}: at least two names after the star, like https://*.shop.example`;
  // Under co.uk anybody registers a name, and under github.io anybody gets one: the star would let in strangers.
  if (getPublicSuffix(name, { allowPrivateDomains: true }) === name)
    return `${text}: anybody can have a name under ${name}. Name your own, like https://*.shop.${name}`;
  return undefined;
}

/** Whether a browser's Origin is one of the list. The name itself is not among its sub-domains. */
export function listsOrigin(origins: readonly string[], origin: string): boolean {
  return entryOf(origins, origin) !== undefined;
}

/** The entry of the list that an Origin is let in by: the one that names it, else one whose star does. */
export function entryOf(origins: readonly string[], origin: string): string | undefined {
  return origins.find((entry) => entry === origin) ?? origins.find((entry) => isUnder(entry, origin));
}

function isUnder(entry: string, origin: string): boolean {
  const [, scheme, name, port = ''] = pattern.exec(entry) ?? [];
  if (!scheme || !URL.canParse(origin)) return false;
  const { hostname, protocol, port: itsPort, origin: itself } = new URL(origin);
  return (
    itself === origin &&
    `${protocol}//` === scheme &&
    port === (itsPort && `:${itsPort}`) &&
    hostname.endsWith(`.${name}`) &&
    hostname.length > `.${name}`.length
  );
}
