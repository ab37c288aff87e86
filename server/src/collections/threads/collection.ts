import type { CollectionConfig } from 'payload';
import { askOwnFields } from '../../access/own-fields.ts';
import { admins, nobody, threadsOfModerator, threadsOfReader } from '../../access/rules.ts';
import { notePanel } from '../../privacy/note-panel.ts';
import { changed, keepFixed } from '../fixed.ts';
import { proveChange } from '../proven.ts';
import { lockBeforeWrite, refuseUnlocked } from '../row-lock.ts';
import { giveId, textId } from '../text-id.ts';
import { completeThread, refuseErasing, tellThread } from './hooks.ts';

/** Conversations: direct, support, or a room. Made by sending; rooms by an admin. */
export const threads: CollectionConfig = {
  slug: 'threads',
  labels: { singular: 'Thread', plural: 'Threads' },
  admin: {
    group: 'Chat',
    useAsTitle: 'label',
    defaultColumns: ['label', 'kind', 'status', 'site', 'createdAt'],
    listSearchableFields: ['label', 'key', 'title'],
    description: 'Conversations. Closing one is done here; messages are moderated in their own list.',
  },
  access: { create: admins, read: threadsOfReader, update: threadsOfModerator, delete: nobody },
  disableDuplicate: true,
  disableBulkEdit: true,
  lockDocuments: false,
  defaultSort: '-createdAt',
  fields: [
    textId,
    // What the panel calls it: a direct thread has no title on the wire.
    { name: 'label', type: 'text', access: { create: nobody, update: nobody }, admin: { hidden: true } },
    {
      name: 'site',
      type: 'relationship',
      relationTo: 'sites',
      required: true,
      index: true,
      access: { update: nobody },
    },
    {
      name: 'kind',
      type: 'select',
      required: true,
      defaultValue: 'room',
      access: { update: nobody },
      options: [
        { label: 'Direct', value: 'direct' },
        { label: 'Support', value: 'support' },
        { label: 'Room', value: 'room' },
      ],
    },
    {
      name: 'key',
      type: 'text',
      access: { update: nobody },
      admin: { condition: isRoom, description: 'What <chat-thread room="…"> says. It never changes.' },
    },
    { name: 'title', type: 'text', maxLength: 128, admin: { condition: isRoom } },
    {
      name: 'status',
      type: 'select',
      required: true,
      defaultValue: 'open',
      options: [
        { label: 'Open', value: 'open' },
        { label: 'Closed', value: 'closed' },
      ],
    },
    {
      name: 'public',
      type: 'checkbox',
      defaultValue: false,
      admin: { condition: isRoom, description: 'Anybody on the site’s pages may read it.' },
    },
    // One thread per pair, per customer, per room key: two senders at once make one.
    { name: 'slot', type: 'text', unique: true, hidden: true },
    changed,
    {
      name: 'messages',
      type: 'join',
      collection: 'messages',
      on: 'thread',
      defaultSort: '-seq',
      defaultLimit: 20,
      admin: { allowCreate: false, defaultColumns: ['content', 'sender', 'timestamp'] },
    },
    {
      name: 'participants',
      type: 'join',
      collection: 'participants',
      on: 'thread',
      defaultSort: 'joinedAt',
      defaultLimit: 20,
      admin: { allowCreate: false, defaultColumns: ['user', 'joinedAt', 'readSeq'] },
    },
  ],
  hooks: {
    beforeOperation: [askOwnFields, lockBeforeWrite('threads', 'threads')],
    beforeValidate: [giveId, completeThread],
    beforeChange: [refuseUnlocked('threads'), keepFixed('id', 'site', 'kind', 'key', 'slot', 'changed')],
    afterChange: [tellThread, proveChange],
    beforeDelete: [refuseErasing],
    afterOperation: [notePanel],
  },
};

function isRoom(data: Record<string, unknown>): boolean {
  return data?.kind === 'room';
}
