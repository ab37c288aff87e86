import type { CollectionAfterChangeHook, CollectionConfig, PayloadRequest } from 'payload';
import { askOwnFields } from '../../access/own-fields.ts';
import { admins, nobody, sitesOfReader } from '../../access/rules.ts';
import { endSessionsAt } from '../../identity/logout.ts';
import { append } from '../../log/append.ts';
import { noteOf } from '../../log/commit-proof.ts';
import { tablesOf, transactionOf } from '../../log/database.ts';
import { keepFixed } from '../fixed.ts';
import { proveChange, proveDelete } from '../proven.ts';
import { originFault, tidyOrigin } from './origins.ts';
import { publicKeyField, readKeys } from './public-keys.ts';
import { sealSecrets, secretFields, showFresh } from './secrets.ts';
import { forgetSite, isMember, type Site, siteOf } from './site.ts';

const keyForm = /^[a-z0-9][a-z0-9-]{0,63}$/;
const writers = ['member', 'agent', 'external', 'visitor'] as const;

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
      {
        name: 'key',
        type: 'text',
        required: true,
        unique: true,
        index: true,
        access: { update: nobody },
        validate: (value: unknown) =>
          (typeof value === 'string' && keyForm.test(value)) || 'Small letters, digits and hyphens, at most 64.',
        admin: { description: 'What <chat-thread site="…"> says. It never changes.' },
      },
      { name: 'name', type: 'text', required: true, maxLength: 128 },
      { name: 'embed', type: 'ui', admin: { components: { Field: '@payload-chat/server/panel#SiteEmbed' } } },
      {
        name: 'origins',
        type: 'text',
        hasMany: true,
        validate: (value: unknown) =>
          (Array.isArray(value) ? value.map(originFault).find((fault) => fault !== undefined) : undefined) ?? true,
        admin: {
          description:
            'Where the chat may be embedded: https://shop.example, or https://*.shop.example for its sub-domains.',
        },
      },
      {
        name: 'visitors',
        type: 'checkbox',
        defaultValue: false,
        admin: { description: 'People without an account may write.' },
      },
      {
        name: 'identities',
        label: 'Signed identities',
        type: 'checkbox',
        defaultValue: true,
        admin: { description: 'People whom your own backend vouches for, by a secret or a public key below.' },
      },
      {
        name: 'accounts',
        type: 'checkbox',
        defaultValue: true,
        admin: { description: 'Accounts of this CMS as members. Agents and admins always may.' },
      },
      {
        name: 'guests',
        type: 'checkbox',
        defaultValue: true,
        admin: { description: 'Public rooms may be read without being anybody.' },
      },
      {
        name: 'roomWriters',
        type: 'select',
        hasMany: true,
        defaultValue: [...writers],
        options: writers.map((kind) => ({ label: `${kind[0]?.toUpperCase()}${kind.slice(1)}`, value: kind })),
        admin: { description: 'Who may write in public rooms.' },
      },
      {
        name: 'editWindowMs',
        label: 'Edit window (ms)',
        type: 'number',
        required: true,
        min: 0,
        defaultValue: 86_400_000,
        admin: { description: 'How long an author may edit or delete a message: 86400000 is a day.' },
      },
      {
        name: 'retentionDays',
        label: 'Keep messages (days)',
        type: 'number',
        min: 1,
        max: 36_500,
        admin: {
          placeholder: 'for ever',
          description: 'Older messages are erased within the hour. Empty: they are kept.',
        },
      },
      { name: 'agents', type: 'relationship', relationTo: users, hasMany: true },
      {
        name: 'members',
        type: 'relationship',
        relationTo: users,
        hasMany: true,
        admin: { description: 'Nobody listed: every account.' },
      },
      ...secretFields,
      publicKeyField,
    ],
    hooks: {
      beforeOperation: [askOwnFields],
      beforeValidate: [
        ({ data, operation }) => (operation === 'create' ? { ...data, id: data?.key } : data),
        ({ data }) => (Array.isArray(data?.origins) ? { ...data, origins: data.origins.map(tidyOrigin) } : data),
      ],
      beforeChange: [keepFixed('id', 'key'), sealSecrets, readKeys],
      afterChange: [tellSite, proveChange],
      afterDelete: [proveDelete],
      afterOperation: [showFresh],
    },
  };
}

const tellSite: CollectionAfterChangeHook = async ({ doc, operation, previousDoc, req }) => {
  const key = String((doc as { key: unknown }).key);
  (await noteOf(req)).after.push(() => forgetSite(req.payload, key));
  if (operation !== 'update') return;
  await append(req, {
    site: key,
    thread: null,
    type: 'site.updated',
    entity: null,
    payload: {},
    actor: null,
    topics: ['all'],
  });
  await endSessionsAt(req, key, await leavers(req, siteOf(req.payload, previousDoc), siteOf(req.payload, doc)));
};

/** Accounts whose tokens say more than they are now: agents no more, members no more. */
async function leavers(req: PayloadRequest, before: Site, after: Site): Promise<string[]> {
  const agents = before.agents.filter((id) => !after.agents.includes(id));
  if (after.accounts && after.members.length === 0) return agents;
  const listed = before.members.length ? before.members : await accountsOfPeople(req);
  const members = before.accounts ? listed : [];
  const left = members.filter((id) => !isMember(after, id) && !after.agents.includes(id));
  return [...new Set([...agents, ...left])];
}

/** Where no members were listed, every account was one; those that never came have no session to end. */
async function accountsOfPeople(req: PayloadRequest): Promise<string[]> {
  const query = await transactionOf(req);
  const rows = await query<{ account: unknown }>(
    `select distinct account_id as account from ${tablesOf(req.payload).people} where account_id is not null`,
  );
  return rows.map(({ account }) => String(account));
}
