/** What an owner finds on a site's page, in tabs. */
import type { Tab } from 'payload';
import { nobody } from '../../access/rules.ts';
import { originFault } from './origins.ts';
import { publicKeyField } from './public-keys.ts';
import { secretFields } from './secrets.ts';
import { limitsField } from './site-limits.ts';
import { textsField } from './texts.ts';

const keyForm = /^[a-z0-9][a-z0-9-]{0,63}$/;
const writers = ['member', 'agent', 'external', 'visitor'] as const;

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

const texts: Tab = {
  label: 'Texts',
  description: 'Plain text in the language of your pages. What is left empty is said in the chat’s own words.',
  fields: [textsField],
};

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

/** The tabs have no names: a row is as flat as if there were none. `users` is the host's auth collection. */
export const siteTabs = (users: string): Tab[] => [embedding, people(users), texts, bounds, keys];
