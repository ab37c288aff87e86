import { postgresAdapter } from '@payloadcms/db-postgres';
import { buildConfig, type CollectionConfig, getPayload } from 'payload';
import { expect, test } from 'vitest';
import { newDatabase } from '../test/app.ts';
import { chat } from './index.ts';

const users: CollectionConfig = { slug: 'people-of-the-host', auth: true, fields: [{ name: 'name', type: 'text' }] };

interface Host {
  collections?: CollectionConfig[];
  users?: string;
  transactionOptions?: false | { isolationLevel: 'repeatable read' };
  push?: boolean;
  idType?: 'uuid';
}

// Payload pushes once per process and schema otherwise; each test has a database of its own.
process.env.PAYLOAD_FORCE_DRIZZLE_PUSH = 'true';

let hosts = 0;

/** Somebody's own Payload: other accounts, another schema, tables pushed. */
async function startHost({
  collections = [],
  push = true,
  transactionOptions,
  idType,
  users: named = users.slug,
}: Host) {
  const config = await buildConfig({
    secret: 'x',
    telemetry: false,
    logger: { options: { level: 'silent' } },
    collections: [users, ...collections],
    db: postgresAdapter({
      pool: { connectionString: await newDatabase() },
      push,
      schemaName: 'host',
      ...(transactionOptions === undefined ? {} : { transactionOptions }),
      ...(idType ? { idType } : {}),
    }),
    plugins: [chat({ users: named })],
    typescript: { autoGenerate: false },
  });
  const payload = await getPayload({ config, key: `host ${hosts++}` });
  return payload;
}

test('a collection of the host that has a name of ours stops the start and is named', async () => {
  const clash: CollectionConfig = { slug: 'messages', fields: [{ name: 'text', type: 'text' }] };
  await expect(startHost({ collections: [clash] })).rejects.toThrow(/already has the collection "messages"/);
});

test('an auth collection that is not there stops the start and is named', async () => {
  await expect(startHost({ users: 'nobody' })).rejects.toThrow(/nobody/);
});

test('tables that are not there stop the start, and it says what to run', async () => {
  await expect(startHost({ push: false })).rejects.toThrow(/payload migrate/);
});

test('a host without transactions, or with another isolation, is refused', async () => {
  await expect(startHost({ transactionOptions: false })).rejects.toThrow(/transactionOptions: false/);
  await expect(startHost({ transactionOptions: { isolationLevel: 'repeatable read' } })).rejects.toThrow(
    /read committed/,
  );
});

test.each([undefined, 'uuid' as const])(
  'it drops into a host with a schema of its own and pushed tables (ids: %s)',
  async (idType) => {
    const payload = await startHost(idType ? { idType } : {});
    const account = await payload.create({
      collection: users.slug,
      data: { name: 'Ana', email: 'ana@example.com', password: 'password' },
    });
    const other = await payload.create({
      collection: users.slug,
      data: { name: 'Ben', email: 'ben@example.com', password: 'password' },
    });
    await payload.create({ collection: 'sites', data: { key: 'shop', name: 'Shop' } });
    const { readSite } = await import('./collections/sites/site.ts');
    const { localReq } = await import('../test/app.ts');
    const { post } = await import('./messages/post.ts');
    const site = await readSite(payload, 'shop');
    if (!site) throw new Error('no site');
    const caller = {
      user: { id: `m_${account.id}`, name: 'Ana', kind: 'member' as const },
      site,
      isAdmin: false,
      isModerator: false,
    };
    const posted = await post(await localReq(payload), caller, { receiver: String(other.id), content: 'Hi' });
    expect(posted).toMatchObject({ created: true, pos: 4, message: { seq: 4, sender: { name: 'Ana' } } });
    await expect(post(await localReq(payload), caller, { receiver: 'nobody', content: 'Hi' })).rejects.toMatchObject({
      code: 'not-found',
    });
    await payload.destroy();
  },
);
