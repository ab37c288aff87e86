/** How a site's secret lies in its row: under Payload's secret, and marked, so that it is never taken for a plain one. */

const mark = 'sealed:';

export function sealed(value: string, encrypt: (plain: string) => string): string {
  return mark + encrypt(value);
}

/** What was sealed. */
export function opened(stored: string, decrypt: (sealed: string) => string): string {
  return decrypt(stored.slice(mark.length));
}
