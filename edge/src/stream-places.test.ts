import { expect, it } from 'vitest';
import { createStreamPlaces } from './stream-places.ts';
import type { Reader } from './tokens.ts';

const reader = (sub: string, client?: string, kind = 'visitor', site = 'halden') =>
  ({ claims: { site, sub, kind, sid: crypto.randomUUID() }, client }) as unknown as Reader;

it('a person has so many streams, whatever sessions and addresses they come from, and another one has his own', () => {
  const places = createStreamPlaces({ perPerson: 2, perAddress: 100, all: 100 });
  const leave = places.take(reader('ada', '203.0.113.1'));
  places.take(reader('ada', '203.0.113.2'));
  expect(() => places.take(reader('ada', '203.0.113.3'))).toThrow(
    expect.objectContaining({ code: 'rate-limited', retryAfterS: expect.any(Number) }),
  );
  places.take(reader('bo', '203.0.113.1'));
  // The same id at another site is another person.
  places.take(reader('ada', '203.0.113.1', 'visitor', 'other'));
  leave();
  leave();
  places.take(reader('ada', '203.0.113.1'));
  expect(() => places.take(reader('ada'))).toThrow();
});

it('an address has so many streams, under whatever names; a /64 is one address', () => {
  const places = createStreamPlaces({ perPerson: 100, perAddress: 3, all: 100 });
  for (const nth of [1, 2, 3]) places.take(reader(`v_${nth}`, `2001:db8::${nth}`));
  expect(() => places.take(reader('v_4', '2001:db8::4'))).toThrow(expect.objectContaining({ code: 'rate-limited' }));
  places.take(reader('v_4', '2001:db8:0:1::4'));
});

it('guests, who share one user, are counted by their addresses alone', () => {
  const places = createStreamPlaces({ perPerson: 1, perAddress: 2, all: 100 });
  places.take(reader('g_lobby', '203.0.113.1', 'guest'));
  places.take(reader('g_lobby', '203.0.113.1', 'guest'));
  places.take(reader('g_lobby', '203.0.113.2', 'guest'));
  expect(() => places.take(reader('g_lobby', '203.0.113.1', 'guest'))).toThrow();
});

it('when all places are taken it is nobody’s own fault: unavailable', () => {
  const places = createStreamPlaces({ perPerson: 0, perAddress: 0, all: 2 });
  const leave = places.take(reader('ada'));
  places.take(reader('ada'));
  expect(() => places.take(reader('bo'))).toThrow(expect.objectContaining({ code: 'unavailable' }));
  leave();
  places.take(reader('bo'));
  expect(places.taken).toBe(2);
});

it('a site may set less for its own streams, and takes nothing from another site', () => {
  const places = createStreamPlaces({ perPerson: 100, perAddress: 100, all: 100 });
  const bounds = { streamsPerPerson: 1, streamsPerAddress: 3 };
  const leave = places.takeAt(bounds, reader('ada', '203.0.113.1'));
  expect(() => places.takeAt(bounds, reader('ada', '203.0.113.9'))).toThrow(
    expect.objectContaining({ code: 'rate-limited', retryAfterS: expect.any(Number) }),
  );
  places.takeAt(bounds, reader('ada', '203.0.113.1', 'member', 'other'));
  places.takeAt({}, reader('ada', '203.0.113.9'))();
  // All guests are one user, and are told apart by their addresses.
  places.takeAt(bounds, reader('g', '203.0.113.1', 'guest'));
  places.takeAt(bounds, reader('g', '203.0.113.1', 'guest'));
  expect(() => places.takeAt(bounds, reader('g', '203.0.113.1', 'guest'))).toThrow();
  leave();
  places.takeAt(bounds, reader('ada', '203.0.113.1'));
});
