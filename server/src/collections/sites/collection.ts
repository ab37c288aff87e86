import type {
  CollectionAfterChangeHook,
  CollectionBeforeDeleteHook,
  CollectionConfig,
  PayloadRequest,
  Tab,
} from 'payload';
import { askOwnFields } from '../../access/own-fields.ts';
import { admins, nobody, sitesOfReader } from '../../access/rules.ts';
import { allWords, takenBack } from '../../identity/came-by.ts';
import { endSessionsAt } from '../../identity/logout.ts';
import { endSessions } from '../../identity/revocation.ts';
import { append } from '../../log/append.ts';
import { noteOf } from '../../log/commit-proof.ts';
import { tablesOf, transactionOf } from '../../log/database.ts';
import { keepFixed } from '../fixed.ts';
import { proveChange, proveDelete } from '../proven.ts';
import { originFault, tidyOrigin } from './origins.ts';
import { publicKeyField, readKeys } from './public-keys.ts';
import { sealSecrets, secretFields, showFresh } from './secrets.ts';
import { forgetSite, isMember, readSite, type Site, siteOf } from './site.ts';
import { boundsOf, limitsField } from './site-limits.ts';
import { textsField } from './texts.ts';

const keyForm = /^[a-z0-9][a-z0-9-]{0,63}$/;
const writers = ['member', 'agent', 'external', 'visitor'] as const;

/** Tabs without a name: a row is as flat as before. */
const embedding: Tab = {
  label: 'Embedding',
  fields: [
    { name: 'name', type: 'text', required: true, maxLength: 128 },
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
    { name: 'embed', type: 'ui', admin: { components: { Field: '@payload-chat/server/panel#SiteEmbed' } } },
    {
      name: 'origins',
      type: 'text',
      hasMany: true,
      validate: (value: unknown) =>
        (Array.isArray(value) ? value.map(originFault).find((fault) => fault !== undefined) : undefined) ?? true,
      admin: {
        description:
          'Where the chat may be embedded: https://shop.example, or https://*.shop.example for its sub-domains. Taking one off sends away who is there.',
      },
    },
    {
      name: 'open',
      label: 'Switched on',
      type: 'checkbox',
      defaultValue: true,
      admin: {
        description: 'Off: nobody is let in, and whoever is here is sent away within seconds. Nothing is lost.',
      },
    },
  ],
};

const people = (users: string): Tab => ({
  label: 'People',
  description: 'Whom the site lets in. What is switched off sends away within seconds whoever came by it.',
  fields: [
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
      admin: { description: 'People whom your own backend vouches for, by a secret or a public key (see Keys).' },
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
      name: 'agents',
      type: 'relationship',
      relationTo: users,
      hasMany: true,
      admin: { description: 'Accounts that answer: they see the support threads and rooms of this site.' },
    },
    {
      name: 'members',
      type: 'relationship',
      relationTo: users,
      hasMany: true,
      admin: { description: 'Accounts that belong here. Nobody listed: every account.' },
    },
    {
      name: 'roomWriters',
      label: 'Who may write in public rooms',
      type: 'select',
      hasMany: true,
      defaultValue: [...writers],
      options: writers.map((kind) => ({ label: `${kind[0]?.toUpperCase()}${kind.slice(1)}`, value: kind })),
    },
  ],
});

const texts: Tab = { label: 'Texts', fields: [textsField] };

const bounds: Tab = {
  label: 'Messages and limits',
  fields: [
    {
      type: 'row',
      fields: [
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
      ],
    },
    limitsField,
  ],
};

const keys: Tab = {
  label: 'Keys',
  description: 'Taking one away, or another in its place, sends away within seconds who came by it.',
  fields: [...secretFields, publicKeyField],
};

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
      { type: 'tabs', tabs: [embedding, people(users), texts, bounds, keys] },
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

const tellSite: CollectionAfterChangeHook = async ({ doc, operation, previousDoc, req }) => {
  const key = String((doc as { key: unknown }).key);
  (await noteOf(req)).after.push(() => forgetSite(req.payload, key));
  if (operation !== 'update') return;
  // What the hook is handed lacks what its reader must not see.
  const [before, after] = [siteOf(req.payload, previousDoc), await readSite(req.payload, key, req)];
  if (!after) return;
  await append(req, {
    site: key,
    thread: null,
    type: 'site.updated',
    entity: null,
    payload: { bounds: boundsOf(after) },
    actor: null,
    topics: ['all'],
  });
  await endSessionsThatCameBy(req, key, takenBack(req.payload, before, after));
  await endSessionsAt(req, key, await leavers(req, before, after));
};

/** Without a place in the panel: a host's own code may. */
const tellEnd: CollectionBeforeDeleteHook = async ({ id, req }) => {
  (await noteOf(req)).after.push(() => forgetSite(req.payload, String(id)));
  await endSessionsThatCameBy(req, String(id), allWords());
};

const endSessionsThatCameBy = (req: PayloadRequest, site: string, words: readonly string[]) =>
  endSessions(
    req,
    words.map((sid) => ({ site, user: undefined, sid })),
  );

/** Accounts whose tokens say more than they are now: agents no more, members no more. */
async function leavers(req: PayloadRequest, before: Site, after: Site): Promise<string[]> {
  const agents = before.agents.filter((id) => !after.agents.includes(id));
  // Members that are let in no more, none of them, have ended together.
  if (!after.accounts || after.members.length === 0) return agents;
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
