import type { CollectionConfig } from 'payload';
import { askOwnFields } from '../../access/own-fields.ts';
import { nobody, peopleOfReader } from '../../access/rules.ts';
import { proveChange, proveDelete } from '../proven.ts';

/**
 * People of the chat. They are not accounts: a row here opens nothing in the host's Payload. Ids can be derived without
 * a row: `m_<account>`, `x_<hash of site and sub>`, `v_<hash of site and handle>`.
 */
export function people(users: string): CollectionConfig {
  return {
    slug: 'chat-users',
    labels: { singular: 'Person', plural: 'People' },
    admin: {
      group: 'Chat',
      useAsTitle: 'name',
      defaultColumns: ['name', 'kind', 'site', 'account', 'createdAt'],
      description: 'Whoever has written: accounts, people of your pages, visitors.',
    },
    access: { create: nobody, read: peopleOfReader, update: nobody, delete: nobody },
    disableDuplicate: true,
    lockDocuments: false,
    defaultSort: '-createdAt',
    hooks: { beforeOperation: [askOwnFields], afterChange: [proveChange], afterDelete: [proveDelete] },
    fields: [
      { name: 'id', type: 'text', required: true, admin: { hidden: true } },
      {
        name: 'rights',
        type: 'ui',
        admin: { components: { Field: '@payload-chat/server/panel#PersonRights' } },
      },
      { name: 'name', type: 'text', required: true, maxLength: 128 },
      {
        name: 'kind',
        type: 'select',
        required: true,
        options: [
          { label: 'Member', value: 'member' },
          { label: 'Agent', value: 'agent' },
          { label: 'External', value: 'external' },
          { label: 'Visitor', value: 'visitor' },
        ],
      },
      { name: 'avatar', type: 'text', maxLength: 2048 },
      { name: 'site', type: 'relationship', relationTo: 'sites', index: true },
      { name: 'account', type: 'relationship', relationTo: users, index: true },
      // Whether the option `admins` said yes to the account when last asked: he speaks as an agent everywhere.
      { name: 'staff', type: 'checkbox', defaultValue: false, admin: { hidden: true } },
    ],
  };
}
