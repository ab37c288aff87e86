import type { CollectionConfig } from 'payload';
import { askOwnFields } from '../../access/own-fields.ts';
import { admins, nobody, sitesOfReader } from '../../access/rules.ts';
import { keepFixed } from '../fixed.ts';
import { proveChange, proveDelete } from '../proven.ts';
import { siteTabs } from './form.ts';
import { tellEnd, tellSite } from './hooks.ts';
import { tidyOrigin } from './origins.ts';
import { readKeys } from './public-keys.ts';
import { sealSecrets, showFresh } from './secrets.ts';

/** An embedding property: its key, the pages it may stand on, who belongs to it. */
export function sites(users: string): CollectionConfig {
  return {
    slug: 'sites',
    labels: { singular: 'Site', plural: 'Sites' },
    admin: {
      group: 'Chat',
      useAsTitle: 'name',
      defaultColumns: ['name', 'key', 'origins', 'visitors'],
      description: 'Pages that carry the chat. The snippet names a site by its key.',
    },
    access: { create: admins, read: sitesOfReader, update: admins, delete: nobody },
    disableDuplicate: true,
    lockDocuments: false,
    defaultSort: 'name',
    fields: [
      { name: 'id', type: 'text', required: true, access: { create: nobody, update: nobody }, admin: { hidden: true } },
      { type: 'tabs', tabs: siteTabs(users) },
    ],
    hooks: {
      beforeOperation: [askOwnFields],
      beforeValidate: [
        ({ data, operation }) => (operation === 'create' ? { ...data, id: data?.key } : data),
        ({ data }) => (Array.isArray(data?.origins) ? { ...data, origins: data.origins.map(tidyOrigin) } : data),
      ],
      beforeChange: [keepFixed('id', 'key'), sealSecrets, readKeys],
      afterChange: [tellSite, proveChange],
      beforeDelete: [tellEnd],
      afterDelete: [proveDelete],
      afterOperation: [showFresh],
    },
  };
}
