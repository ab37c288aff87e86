/** Public keys that a site's own backend signs identities for (ES256, RS256): pasted, never fetched. */
import { ChatError } from '@payload-chat/protocol';
import type { CollectionBeforeChangeHook, Field } from 'payload';
import { nobody } from '../../access/rules.ts';
import { keyChars, readPublicKey } from '../../identity/public-key.ts';

export const publicKeyField: Field = {
  name: 'publicKeys',
  type: 'array',
  // One in use and the one that replaces it.
  maxRows: 2,
  labels: { singular: 'Public key', plural: 'Public keys' },
  admin: {
    description: 'Of pairs that your server signs identities with: the private key never leaves it.',
    initCollapsed: false,
  },
  fields: [
    {
      name: 'key',
      type: 'textarea',
      required: true,
      maxLength: keyChars,
      validate: (value: unknown) => {
        const read = readPublicKey(typeof value === 'string' ? value : '');
        return typeof read === 'string' ? read : true;
      },
      admin: { description: 'PEM or JWK: RSA of at least 2048 bits (RS256), or EC P-256 (ES256).' },
    },
    {
      name: 'kid',
      type: 'text',
      maxLength: 64,
      admin: { description: 'Its name in the JWT header; needed where there are two of one kind.' },
    },
    {
      name: 'alg',
      label: 'Algorithm',
      type: 'text',
      access: { create: nobody, update: nobody },
      admin: { readOnly: true, condition: (_, row) => Boolean(row?.alg) },
    },
  ],
};

interface KeyRow {
  key?: unknown;
  kid?: string | null;
}

/** Every key as PEM, with the algorithm that it is for; what a JWK said of its name is kept. */
export const readKeys: CollectionBeforeChangeHook = ({ data }) => {
  if (!Array.isArray(data.publicKeys)) return data;
  const publicKeys = (data.publicKeys as KeyRow[]).map((row) => {
    const read = readPublicKey(String(row.key));
    // What is wrong is said by the field, which is looked at after this.
    if (typeof read === 'string') return { ...row, alg: null, kid: row.kid ?? null };
    return { ...row, key: read.pem, alg: read.alg, kid: row.kid || read.kid || null };
  });
  const names = publicKeys.map(({ alg, kid }) => `${alg} ${kid ?? ''}`);
  if (new Set(names).size < names.length)
    throw new ChatError('invalid', {
      faults: [{ field: 'publicKeys', message: 'Two keys of one kind need two names (kid).' }],
    });
  return { ...data, publicKeys };
};
