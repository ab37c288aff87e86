import { expect, test } from 'vitest';
import { startApp } from '../../test/app.ts';
import { defaultKeeping, resolveKeeping } from './keeping.ts';

test('what is not said is 7 days, 2,000 events, every hour', () => {
  expect(resolveKeeping()).toEqual({ keepDays: 7, keepEvents: 2000, trimEveryMs: 3_600_000 });
  expect(resolveKeeping({ keepDays: 0.5 })).toEqual({ ...defaultKeeping, keepDays: 0.5 });
  expect(resolveKeeping({ keepEvents: undefined } as never)).toEqual(defaultKeeping);
});

test.each([
  [{ keepDays: -1 }, 'log.keepDays must be a number from 0 to 36500, met -1'],
  [{ keepDays: Number.NaN }, 'met NaN'],
  [{ keepDays: '7' as never }, 'met 7'],
  [{ keepEvents: 0 }, 'log.keepEvents must be a whole number from 1'],
  [{ keepEvents: 2.5 }, 'met 2.5'],
  [{ trimEveryMs: 3e9 }, 'log.trimEveryMs must be'],
  [{ keepHours: 3 } as never, 'log.keepHours is no setting, there are keepDays, keepEvents, trimEveryMs'],
  [{ keepDays: -1, keepEvents: 0 }, 'log.keepDays must be a number from 0 to 36500, met -1; log.keepEvents'],
])('%j is refused in a sentence', (given, sentence) => {
  expect(() => resolveKeeping(given)).toThrow(sentence);
});

test('a server with a bad setting does not start', async () => {
  await expect(startApp({}, { log: { keepDays: -7 } })).rejects.toThrow('chat(): log.keepDays must be');
  await expect(startApp({ drainMs: Number.NaN })).rejects.toThrow('chat(): drainMs must be a whole number');
});
