import type { CollectionConfig } from 'payload';
import { askOwnFields } from '../../access/own-fields.ts';
import { admins, inThreadsOfModerator, inThreadsOfReader, nobody } from '../../access/rules.ts';
import { changed, keepFixed } from '../fixed.ts';
import { proveChange } from '../proven.ts';
import { lockBeforeWrite, refuseUnlocked } from '../row-lock.ts';
import { giveId, textId } from '../text-id.ts';
import { onlyForward, seatPerson, tellJoined, tellLeft } from './hooks.ts';

/** Seats: who belongs to a thread, and how far he has read. */
export const participants: CollectionConfig = {
  slug: 'participants',
  labels: { singular: 'Participant', plural: 'Participants' },
  admin: {
    group: 'Chat',
    defaultColumns: ['user', 'thread', 'joinedAt', 'readSeq'],
    description: 'Seats in threads. A private room is read by those who have one.',
  },
  access: { create: admins, read: inThreadsOfReader, update: nobody, delete: inThreadsOfModerator },
  disableDuplicate: true,
  disableBulkEdit: true,
  lockDocuments: false,
  defaultSort: '-joinedAt',
  indexes: [{ fields: ['thread', 'user'], unique: true }],
  fields: [
    textId,
    { name: 'thread', type: 'relationship', relationTo: 'threads', required: true, index: true },
    { name: 'user', label: 'Person', type: 'relationship', relationTo: 'chat-users', required: true, index: true },
    {
      name: 'joinedAt',
      label: 'Joined',
      type: 'date',
      admin: { readOnly: true, date: { pickerAppearance: 'dayAndTime' } },
    },
    {
      name: 'readSeq',
      label: 'Read up to',
      type: 'number',
      defaultValue: 0,
      access: { create: nobody },
      admin: { readOnly: true },
    },
    { name: 'quiet', type: 'checkbox', defaultValue: false, access: { create: nobody }, admin: { hidden: true } },
    changed,
  ],
  hooks: {
    beforeOperation: [askOwnFields, lockBeforeWrite('participants', 'participants')],
    beforeValidate: [giveId, seatPerson],
    beforeChange: [refuseUnlocked('participants'), keepFixed('id', 'thread', 'user', 'changed'), onlyForward],
    afterChange: [tellJoined, proveChange],
    afterDelete: [tellLeft],
  },
};
