/** How a site's secret lies in its row: under Payload's secret, and marked, so that it is never taken for a plain one. */
import type { Payload } from 'payload';

const mark = 'sealed:';

export function sealed(payload: Payload, value: string): string {
  return mark + payload.encrypt(value);
}

/** What was sealed. */
export function opened(payload: Payload, stored: string): string {
  return payload.decrypt(stored.slice(mark.length));
}
