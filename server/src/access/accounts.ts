/**
 * Rules for the host's own accounts, where it has written none: Payload's default lets every account read, change and
 * delete every other one, and in a chat accounts are members of the public.
 */
import type { Access, CollectionConfig, PayloadRequest } from 'payload';
import { optionsOf } from '../options.ts';
import { accountOf, sitesOfAgent } from './reader.ts';

const isAdmin = (req: PayloadRequest): boolean => {
  const account = accountOf(req);
  return account !== undefined && optionsOf(req.payload).isAdmin(account);
};

const adminsAlone: Access = ({ req }) => isAdmin(req);

const adminsAndOneself: Access = ({ req }) => {
  const account = accountOf(req);
  return isAdmin(req) || (account !== undefined && { id: { equals: account.id } });
};

/** The panel is for those who have something to do there. */
const admitStaff = async ({ req }: { req: PayloadRequest }): Promise<boolean> => {
  const account = accountOf(req);
  return account !== undefined && (isAdmin(req) || (await sitesOfAgent(req, account.id)).length > 0);
};

/** Fills in the rules that the host left out; those that it wrote stay as they are. */
export function withAccountAccess(host: CollectionConfig): CollectionConfig {
  return {
    ...host,
    access: {
      admin: admitStaff,
      create: adminsAlone,
      read: adminsAndOneself,
      update: adminsAndOneself,
      delete: adminsAlone,
      unlock: adminsAlone,
      ...host.access,
    },
  };
}
