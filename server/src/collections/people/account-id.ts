import type { Payload } from 'payload';
import { adapterOf } from '../../log/database.ts';
import { optionsOf } from '../../options.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * An account's id as the host's own Payload wants it, from the text that the wire carries; `undefined` for a text that
 * can be no such id, which would be an SQL fault to ask for.
 */
export function accountId(payload: Payload, text: string): string | number | undefined {
  const type = payload.collections[optionsOf(payload).users]?.customIDType ?? payload.db.defaultIDType;
  if (type === 'number') return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
  if (adapterOf(payload).idType === 'uuid' && !uuid.test(text)) return undefined;
  return text;
}
