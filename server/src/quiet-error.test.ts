import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp } from '../test/app.ts';
import { queryOf } from './log/database.ts';
import { quietError } from './quiet-error.ts';

let app: App;
const secret = `words of somebody ${randomBytes(6).toString('hex')}`;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

const failing = async (work: () => Promise<unknown>): Promise<Error> =>
  work().then(
    () => {
      throw new Error('It was to fail.');
    },
    (error: Error) => error,
  );

test('a statement that failed is logged without its parameters, the offending row and its key', async () => {
  const { payload } = app;
  const tooLong = { name: secret, kind: secret, id: secret };
  const faults = [
    // Through Drizzle: its message and a field of its own hold the parameters.
    await failing(() => payload.db.create({ collection: 'chat-users', data: tooLong })),
    await failing(() => payload.db.create({ collection: 'chat-users', data: { ...tooLong, name: `a\n${secret}\nb` } })),
    // Straight from the driver.
    await failing(() => queryOf(payload)('insert into chat_users (id, name) values ($1, $1)', [secret])),
    await failing(() => queryOf(payload)('select $1::uuid', [secret])),
  ];
  expect(`${faults[0]?.message} ${faults[0]?.stack}`).toContain(secret); // Else there would be nothing to hide.
  for (const fault of faults) {
    const logged = JSON.stringify(quietError(fault));
    expect(logged).not.toContain(secret);
    expect(logged).toMatch(/at .*\.(js|ts)/); // The frames stay.
  }
  expect(JSON.stringify(quietError(faults[0]))).toMatch(/insert into .*chat_users/);
});

test('whatever Payload itself logs of a fault goes the same way', async () => {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const loud = await startApp({ databaseUrl: app.databaseUrl, logLevel: 'info', logTo: destination });
  try {
    const fault = await failing(() => loud.payload.db.create({ collection: 'chat-users', data: { name: secret } }));
    loud.payload.logger.error(fault);
    loud.payload.logger.error({ err: fault, msg: 'It failed.' });
    expect(lines.join('')).toContain('It failed.');
    expect(lines.join('')).toContain('insert into');
    expect(lines.join('')).not.toContain(secret);
  } finally {
    await loud.close();
  }
});

test('what is no error is left alone', () => {
  expect([quietError('words'), quietError(undefined), quietError({ a: 1 })]).toEqual(['words', undefined, { a: 1 }]);
});
