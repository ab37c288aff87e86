import type { Fault } from '@payload-chat/protocol';

/** A whole number in the query, at least `min`; absent and empty are `undefined`. */
export function numberIn(query: URLSearchParams, field: string, min: number, faults: Fault[]): number | undefined {
  const given = query.get(field);
  if (given === null || given === '') return undefined;
  const value = Number(given);
  if (/^\d{1,15}$/.test(given) && value >= min) return value;
  faults.push({ field, message: `Must be a whole number from ${min} on.` });
  return undefined;
}
