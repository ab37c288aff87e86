import type { CollectionBeforeValidateHook, Field } from 'payload';
import { nobody } from '../access/rules.ts';
import { newId } from './new-id.ts';

/** Ids are text whatever the host's own ids are: the wire's are, and the log's function can rely on it. */
export const textId: Field = {
  name: 'id',
  type: 'text',
  required: true,
  access: { create: nobody, update: nobody },
  admin: { hidden: true },
};

/** Gives a new row its id. */
export const giveId: CollectionBeforeValidateHook = ({ data, operation }) =>
  operation === 'create' ? { ...data, id: data?.id ?? newId() } : data;
