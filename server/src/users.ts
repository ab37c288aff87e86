/** Accounts of this app. A host that brings its own auth collection names it to `chat({ users })` instead. */
import type { Access, CollectionConfig, FieldAccess, PayloadRequest } from 'payload';
import { limitAddress } from './endpoints/limits.ts';
import { forgotPassword } from './forgot-password.ts';
import { endAccountSessions } from './identity/logout.ts';

export type Role = 'admin' | 'agent' | 'member';

interface AccountDoc {
  id: string | number;
  collection?: string;
  role?: Role;
}

export const roleOf = (user: unknown): Role | undefined => {
  const account = user as AccountDoc | null;
  return account?.collection === 'users' ? account.role : undefined;
};

const adminsOnly: Access & FieldAccess = ({ req }) => roleOf(req.user) === 'admin';
const nobody: Access = () => false;

const adminsAndOneself: Access = ({ req }) => {
  const role = roleOf(req.user);
  if (role === 'admin') return true;
  return role !== undefined && { id: { equals: (req.user as AccountDoc).id } };
};

/** From the row itself: what hooks are handed may lack the sessions. */
async function endChatSessions(req: PayloadRequest, id: string | number): Promise<void> {
  const where = { id: { equals: id } };
  const account = await req.payload.db.findOne<AccountDoc & Record<string, unknown>>({
    collection: 'users',
    where,
    req,
  });
  if (account) await endAccountSessions(req, account);
}

export const users: CollectionConfig = {
  slug: 'users',
  auth: {
    maxLoginAttempts: 10,
    lockTime: 600_000,
    cookies: { sameSite: 'Lax', secure: process.env.SERVER_URL?.startsWith('https://') ?? false },
  },
  admin: { group: 'Accounts', useAsTitle: 'name', defaultColumns: ['name', 'email', 'role'] },
  access: {
    admin: ({ req }) => roleOf(req.user) === 'admin' || roleOf(req.user) === 'agent',
    create: adminsOnly,
    read: adminsAndOneself,
    update: adminsAndOneself,
    delete: adminsOnly,
    unlock: adminsOnly,
    readVersions: nobody,
  },
  lockDocuments: false,
  hooks: {
    // Payload locks one account after failed logins; an address that tries many accounts is met here.
    beforeOperation: [
      ({ operation, req }) => {
        if (operation === 'login') limitAddress(req, 'logins');
      },
    ],
    // A chat token says what its account was; of admins, and of accounts that are deleted, the plugin sees to it.
    afterChange: [
      async ({ doc, operation, previousDoc, req }) => {
        if (operation === 'update' && doc.role !== previousDoc.role) await endChatSessions(req, doc.id);
      },
    ],
  },
  endpoints: [
    { path: '/forgot-password', method: 'post', handler: forgotPassword },
    {
      // Open to whoever comes first otherwise. The first admin comes from CHAT_ADMIN_EMAIL or the seed.
      path: '/first-register',
      method: 'post',
      handler: () => Response.json({ errors: [{ code: 'forbidden', message: 'Closed here.' }] }, { status: 403 }),
    },
  ],
  fields: [
    { name: 'name', type: 'text', required: true, maxLength: 128 },
    {
      name: 'role',
      type: 'select',
      required: true,
      defaultValue: 'member',
      saveToJWT: true,
      access: { create: adminsOnly, update: adminsOnly },
      options: [
        { label: 'Admin', value: 'admin' },
        { label: 'Agent', value: 'agent' },
        { label: 'Member', value: 'member' },
      ],
    },
  ],
};
