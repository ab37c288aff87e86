import type { CollectionConfig } from 'payload';
import { admins, nobody } from '../../access/rules.ts';

/**
 * Who of the staff has read which conversation, and when. Rows name no row of another table: what they say stays when a
 * thread or an account is gone. Written by the server alone, and erased after a while (`keepDays`).
 */
export const accessLog: CollectionConfig = {
  slug: 'chat-access-log',
  labels: { singular: 'Access', plural: 'Access log' },
  admin: {
    group: 'Chat',
    useAsTitle: 'name',
    defaultColumns: ['at', 'name', 'what', 'site', 'thread'],
    listSearchableFields: ['user', 'name', 'thread'],
    description: 'Which conversations agents and admins have read.',
  },
  access: { create: nobody, read: admins, update: nobody, delete: nobody },
  disableDuplicate: true,
  lockDocuments: false,
  timestamps: false,
  defaultSort: '-at',
  fields: [
    {
      name: 'at',
      label: 'When',
      type: 'date',
      required: true,
      index: true,
      admin: { date: { pickerAppearance: 'dayAndTime' } },
    },
    {
      name: 'user',
      type: 'text',
      required: true,
      index: true,
      admin: { description: 'Id of the person of the chat.' },
    },
    { name: 'name', label: 'Who', type: 'text' },
    {
      name: 'what',
      type: 'text',
      required: true,
      admin: {
        description: '“read”: a thread. “listen”: all support threads of the site, for as long as a token lasts.',
      },
    },
    { name: 'site', type: 'text', required: true, index: true },
    { name: 'thread', type: 'text', index: true },
  ],
};
