/** Fields that say what a row is, and that only the log or the first writing sets. */
import type { CollectionBeforeChangeHook, Field } from 'payload';
import { nobody } from '../access/rules.ts';

/** Puts back what an update may not touch, whoever asks: the host's own code included. */
export function keepFixed(...names: string[]): CollectionBeforeChangeHook {
  return ({ data, operation, originalDoc }) => {
    if (operation !== 'update') return data;
    const kept = Object.fromEntries(names.map((name) => [name, (originalDoc as Record<string, unknown>)[name]]));
    return { ...data, ...kept };
  };
}

/** The newest event's `seq` in the thread: the row's version, written at commit (SPEC: an entity's version). */
export const changed: Field = {
  name: 'changed',
  type: 'number',
  access: { create: nobody, update: nobody },
  admin: { hidden: true },
};
