/**
 * Secrets that a site's own backend signs identities with (HS256). Kept sealed under Payload's secret, answered only by
 * the write that brought them, readable by nobody afterwards.
 */
import { randomBytes } from 'node:crypto';
import { ChatError } from '@payload-chat/protocol';
import type { CollectionAfterOperationHook, CollectionBeforeChangeHook, Field } from 'payload';
import { nobody } from '../../access/rules.ts';
import { noteOf } from '../../log/commit-proof.ts';
import { sealed } from './sealed-secret.ts';

interface SecretRow {
  id?: string;
  kid?: string | null;
  value?: string | null;
}

const memoKey = 'fresh secrets';

export const secretFields: Field[] = [
  {
    name: 'secrets',
    type: 'array',
    // One in use and the one that replaces it.
    maxRows: 2,
    admin: { description: 'Add a row and save: the secret is made and shown once.', initCollapsed: false },
    fields: [
      {
        name: 'kid',
        type: 'text',
        maxLength: 64,
        admin: { description: 'Its name in the JWT header; made if left empty.' },
      },
      { name: 'value', type: 'text', maxLength: 512, access: { read: nobody }, admin: { hidden: true } },
    ],
  },
  {
    name: 'shownOnce',
    type: 'textarea',
    virtual: true,
    access: { create: nobody, update: nobody },
    admin: {
      readOnly: true,
      condition: (data) => Boolean(data?.shownOnce),
      description: 'Copy it now: it is not shown again.',
    },
  },
];

/** Seals what is new, keeps what is not named again, makes what was left empty. */
export const sealSecrets: CollectionBeforeChangeHook = async ({ data, originalDoc, req }) => {
  if (!Array.isArray(data.secrets)) return data;
  const before = (originalDoc as { secrets?: SecretRow[] } | undefined)?.secrets ?? [];
  const fresh = new Map<string, string>();
  const secrets = (data.secrets as SecretRow[]).map((row) => {
    // A row that comes without its id has been given a new one by now.
    const old = before.find(({ id }) => id === row.id) ?? before.find(({ kid }) => row.kid && kid === row.kid);
    if (old?.value && (!row.value || row.value === old.value)) return { ...row, kid: old.kid, value: old.value };
    const kid = row.kid || randomBytes(6).toString('base64url');
    const value = row.value || randomBytes(32).toString('base64url');
    fresh.set(kid, value);
    return { ...row, kid, value: sealed(req.payload, value) };
  });
  if (new Set(secrets.map(({ kid }) => kid)).size < secrets.length)
    throw new ChatError('invalid', { faults: [{ field: 'secrets', message: 'Two secrets need two names.' }] });
  (await noteOf(req)).memo.set(memoKey, fresh);
  return { ...data, secrets };
};

/** The one answer that carries new secrets. */
export const showFresh: CollectionAfterOperationHook = async ({ operation, req, result }) => {
  if (operation !== 'create' && operation !== 'updateByID') return result;
  const fresh = (await noteOf(req)).memo.get(memoKey) as Map<string, string> | undefined;
  if (!fresh?.size) return result;
  const doc = result as unknown as { secrets?: SecretRow[] };
  return {
    ...result,
    secrets: doc.secrets?.map((row) => (fresh.has(row.kid ?? '') ? { ...row, value: fresh.get(row.kid ?? '') } : row)),
    shownOnce: [...fresh].map(([kid, value]) => `${kid}  ${value}`).join('\n'),
  } as never;
};
