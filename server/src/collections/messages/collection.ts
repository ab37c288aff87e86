import { limits } from '@payload-chat/protocol';
import type { CollectionConfig } from 'payload';
import { askOwnFields } from '../../access/own-fields.ts';
import { inThreadsOfModerator, inThreadsOfReader, nobody } from '../../access/rules.ts';
import { notePanel } from '../../privacy/note-panel.ts';
import { changed, keepFixed } from '../fixed.ts';
import { proveChange } from '../proven.ts';
import { lockBeforeWrite, refuseUnlocked } from '../row-lock.ts';
import { giveId, textId } from '../text-id.ts';
import { completeMessage, leaveTombstone, noteReplies, tellErased, tellMessage } from './hooks.ts';
import { showSender } from './show-sender.ts';

/** What people wrote. A deleted one leaves a tombstone: its place in the thread, without its text. */
export const messages: CollectionConfig = {
  slug: 'messages',
  labels: { singular: 'Message', plural: 'Messages' },
  admin: {
    group: 'Chat',
    useAsTitle: 'content',
    defaultColumns: ['content', 'sender', 'thread', 'timestamp', 'deletedAt'],
    listSearchableFields: ['content'],
    description: 'Deleting one takes its text away everywhere and leaves a tombstone.',
  },
  access: { create: nobody, read: inThreadsOfReader, update: nobody, delete: inThreadsOfModerator },
  disableDuplicate: true,
  disableBulkEdit: true,
  lockDocuments: false,
  defaultSort: '-timestamp',
  indexes: [
    { fields: ['sender', 'localId'], unique: true },
    { fields: ['thread', 'seq'], unique: true },
  ],
  fields: [
    textId,
    {
      name: 'content',
      type: 'textarea',
      // A tombstone has none, so the schema can't ask for it.
      validate: (value: unknown, { siblingData }: { siblingData: Partial<Record<string, unknown>> }) => {
        if (siblingData.deletedAt) return true;
        if (typeof value !== 'string' || value.trim() === '') return 'A message needs text.';
        return value.length <= limits.contentChars || `At most ${limits.contentChars} characters.`;
      },
    },
    { name: 'sender', type: 'relationship', relationTo: 'chat-users', required: true, index: true },
    { name: 'thread', type: 'relationship', relationTo: 'threads', required: true },
    { name: 'replyTo', label: 'Reply to', type: 'relationship', relationTo: 'messages' },
    {
      name: 'timestamp',
      label: 'Sent',
      type: 'date',
      required: true,
      index: true,
      admin: { date: { pickerAppearance: 'dayAndTime' } },
    },
    { name: 'editedAt', label: 'Edited', type: 'date', admin: { date: { pickerAppearance: 'dayAndTime' } } },
    { name: 'deletedAt', label: 'Deleted', type: 'date', admin: { date: { pickerAppearance: 'dayAndTime' } } },
    // The sender's own id of it: makes resending harmless.
    { name: 'localId', type: 'text', maxLength: limits.localIdChars, admin: { hidden: true } },
    // Of the first content and target: tells a retry from another message under the same localId, after an edit too.
    { name: 'contentHash', type: 'text', hidden: true },
    // The place of its posting in the thread, written at commit.
    { name: 'seq', type: 'number', admin: { hidden: true } },
    changed,
  ],
  hooks: {
    beforeOperation: [askOwnFields, lockBeforeWrite('messages', 'messages')],
    beforeValidate: [giveId, completeMessage],
    beforeChange: [
      refuseUnlocked('messages'),
      keepFixed('id', 'thread', 'sender', 'replyTo', 'timestamp', 'localId', 'contentHash', 'seq', 'changed'),
      leaveTombstone,
    ],
    afterChange: [tellMessage, proveChange],
    beforeDelete: [noteReplies],
    afterDelete: [tellErased],
    afterRead: [showSender],
    afterOperation: [notePanel],
  },
};
