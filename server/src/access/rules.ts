/** Every access rule of the chat's collections, by name. All are closed: what no rule opens stays shut. */
import type { Access, FieldAccess, Where } from 'payload';
import { accountsSeatedAt, ofModeratedThreads, ofVisibleThreads, readerOf } from './reader.ts';

/** Nobody from outside. The server's own code passes by access rules. */
export const nobody: Access & FieldAccess = () => false;

/** Those whom the plugin's option `admins` names. */
export const admins: Access & FieldAccess = async ({ req }) => (await readerOf(req)).is === 'admin';

/** The threads that the reader has a seat in; for an account, as an agent, the support threads and rooms of his sites. */
export const threadsOfReader: Access = ({ req }) => ofVisibleThreads(req, '');

/** Messages and seats of those threads. */
export const inThreadsOfReader: Access = ({ req }) => ofVisibleThreads(req, 'thread');

/** Support threads and rooms of an agent's sites; an admin's all. */
export const threadsOfModerator: Access = ({ req }) => ofModeratedThreads(req, '');

/** Messages and seats in those. */
export const inThreadsOfModerator: Access = ({ req }) => ofModeratedThreads(req, 'thread');

/** An agent sees the sites that list him. */
export const sitesOfReader: Access = async ({ req }) => {
  const reader = await readerOf(req);
  if (reader.is !== 'person') return reader.is === 'admin';
  return reader.sites.length > 0 && { key: { in: reader.sites } };
};

/**
 * An account sees its own person; an agent also those of his sites: visitors and signed identities that are theirs, and
 * accounts that have a seat there. Of anybody else he learns nothing. No chat token sees anybody.
 */
export const peopleOfReader: Access = async ({ req }) => {
  const reader = await readerOf(req);
  if (reader.is !== 'person') return reader.is === 'admin';
  if (reader.site !== undefined) return false;
  const own: Where = { id: { equals: reader.user } };
  if (reader.sites.length === 0) return own;
  return { or: [own, { site: { in: reader.sites } }, { id: { in: await accountsSeatedAt(req, reader.sites) } }] };
};
