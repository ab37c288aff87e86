import { ChatError, type Claims, type Clock, dateOf } from '@payload-chat/protocol';
import { manualClock } from '@payload-chat/protocol/testing';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createKeys } from './keys.ts';
import { createRevocations, maxEnds } from './revocations.ts';
import { bearerOf, createTokens } from './tokens.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let pair: Pair;
let other: Pair;
beforeAll(async () => {
  [pair, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
});

const startMs = 1_800_000_000_000;
const nowS = startMs / 1000;

async function setUp() {
  const clock = manualClock(startMs);
  const published = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }];
  let fetches = 0;
  let fault: Error | undefined;
  const keys = createKeys(async () => {
    fetches += 1;
    if (fault) throw fault;
    return { keys: [...published] };
  }, clock);
  const tokens = createTokens(keys, clock);
  return {
    clock,
    tokens,
    publish: async () => void published.push({ ...(await exportJWK(other.publicKey)), kid: 'k2', alg: 'ES256' }),
    fail(failure: Error | undefined) {
      fault = failure;
    },
    fetches: () => fetches,
  };
}

function sign(claims: Partial<Claims> & { iss?: string } = {}, kid = 'k1', key = pair.privateKey): Promise<string> {
  const whole = { sub: 'm_ada', site: 'halden', kind: 'member', sid: 's', iat: nowS, exp: nowS + 3600, ...claims };
  return new SignJWT(whole)
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(claims.iss ?? 'payload-chat')
    .sign(key);
}

const bearer = (token: string) => ({ is: 'bearer' as const, token });
const refused = { code: 'unauthorized' };

describe('a token', () => {
  it('is believed when signature, issuer and life are right, and ends when it says', async () => {
    const { tokens } = await setUp();
    const reader = await tokens.verify(bearer(await sign()), undefined, '1.2.3.4');
    expect(reader).toMatchObject({ claims: { sub: 'm_ada' }, client: '1.2.3.4', endsAtMs: (nowS + 3600) * 1000 });
  });

  it('[S9] is refused expired, of another issuer, key, shape or purpose, without a signature, or too long', async () => {
    const { tokens } = await setUp();
    const unsigned = `${btoa('{"alg":"none"}').replace(/=+$/, '')}.${(await sign()).split('.')[1]}.`;
    for (const token of [
      await sign({ exp: nowS - 1 }),
      await sign({ iss: 'elsewhere' }),
      await sign({}, 'k1', other.privateKey),
      await sign({ sub: '' }),
      await sign({ use: 'ticket' }),
      await sign({ use: 'anything' as 'ticket' }),
      unsigned,
      '',
      'a.b.c',
      'x'.repeat(5000),
    ])
      await expect(tokens.verify(bearer(token), undefined)).rejects.toMatchObject(refused);
    await expect(tokens.verify(undefined, undefined)).rejects.toMatchObject(refused);
  });

  it('[S9] is good for the page it was made for, and for no page if it was made without one', async () => {
    const { tokens } = await setUp();
    const ofPage = bearer(await sign({ org: 'https://shop.example' }));
    await tokens.verify(ofPage, 'https://shop.example');
    await tokens.verify(ofPage, undefined);
    await expect(tokens.verify(ofPage, 'https://evil.example')).rejects.toMatchObject(refused);
    await expect(tokens.verify(bearer(await sign()), 'https://shop.example')).rejects.toMatchObject(refused);
  });

  it('[ticket] as a ticket opens streams that end with the token behind it; a token is no ticket', async () => {
    const { tokens } = await setUp();
    const ticket = { is: 'ticket' as const, token: await sign({ use: 'ticket', exp: nowS + 60, ends: nowS + 900 }) };
    expect((await tokens.verify(ticket, undefined)).endsAtMs).toBe((nowS + 900) * 1000);
    await expect(tokens.verify({ is: 'ticket', token: await sign() }, undefined)).rejects.toMatchObject(refused);
  });

  it('is read from a Bearer alone: another scheme is a bad token, not none', () => {
    const of = (value: string) => bearerOf(new Request('http://edge/', { headers: { Authorization: value } }));
    expect(of('Bearer abc')).toEqual({ is: 'bearer', token: 'abc' });
    expect(of('JWT abc')).toEqual({ is: 'bearer', token: '' });
    expect(bearerOf(new Request('http://edge/'))).toBeUndefined();
  });
});

describe('the keys', () => {
  it('are fetched once for all who come at once, and again after ten minutes', async () => {
    const { clock, tokens, fetches } = await setUp();
    const token = bearer(await sign());
    await Promise.all(Array.from({ length: 10 }, () => tokens.verify(token, undefined)));
    await clock.advance(9 * 60_000);
    await tokens.verify(token, undefined);
    expect(fetches()).toBe(1);
    await clock.advance(60_000);
    await tokens.verify(token, undefined);
    expect(fetches()).toBe(2);
  });

  it('are fetched again for an unknown one, at most every 30 s', async () => {
    const { clock, tokens, publish, fetches } = await setUp();
    await tokens.verify(bearer(await sign()), undefined);
    const renewed = bearer(await sign({}, 'k2', other.privateKey));
    await publish();
    await expect(tokens.verify(renewed, undefined)).rejects.toMatchObject(refused);
    expect(fetches()).toBe(1);
    await clock.advance(30_000);
    await tokens.verify(renewed, undefined);
    expect(fetches()).toBe(2);
    for (let tried = 0; tried < 5; tried += 1)
      await expect(tokens.verify(bearer(await sign({}, `k${tried + 3}`)), undefined)).rejects.toMatchObject(refused);
    expect(fetches()).toBe(2);
  });

  it('that can’t be had say nothing about a token: unreachable, not unauthorized; the next request tries again', async () => {
    const { clock, tokens, fail } = await setUp();
    const token = bearer(await sign());
    fail(new ChatError('unreachable'));
    await expect(tokens.verify(token, undefined)).rejects.toMatchObject({ code: 'unreachable' });
    fail(undefined);
    await tokens.verify(token, undefined);
    fail(new ChatError('unreachable'));
    await clock.advance(9 * 60_000);
    await tokens.verify(token, undefined);
  });
});

describe('an ended session', () => {
  it('[S7] is remembered as long as a token of it may live', async () => {
    const clock = manualClock();
    const revocations = createRevocations(clock);
    revocations.see({
      type: 'session.ended',
      pos: 1,
      thread: null,
      seq: null,
      at: '',
      actor: null,
      session: { sid: 'a' },
    });
    expect(revocations.has(token('a'))).toBe(true);
    expect(revocations.has(token('b'))).toBe(false);
    await clock.advance(60 * 60_000);
    revocations.add('b');
    expect(revocations.has(token('a'))).toBe(true);
    await clock.advance(2 * 60_000);
    revocations.add('c');
    expect(revocations.has(token('a'))).toBe(false);
    expect(revocations.has(token('b'))).toBe(true);
  });

  it('[I9] of all that a user had begun until then, and of none that he began later', () => {
    const revocations = createRevocations(manualClock());
    revocations.add('m_1@1000');
    expect([999, 1000, 1001].map((iat) => revocations.has(token('a', iat)))).toEqual([true, true, false]);
    expect(revocations.has({ ...token('a', 999), sub: 'm_2' })).toBe(false);
    // An earlier end that is told later takes nothing back.
    revocations.add('m_1@900');
    expect(revocations.has(token('a', 950))).toBe(true);
  });

  it('[I9] is refused even when more have ended than are remembered: tokens from before are renewed at the server', async () => {
    const span = manualClock(1000);
    // Its spans are counted from the start of the process, as in Node.
    const clock: Clock = { ...span, date: () => 1_000_000_000 + span.now() };
    const revocations = createRevocations(clock);
    const nowS = () => Math.floor(dateOf(clock) / 1000);
    const [ended, other] = [token('ended', nowS() - 100), token('other', nowS() - 100)];
    revocations.add('ended');
    await span.advance(1000);
    for (let nth = 1; nth < maxEnds; nth += 1) revocations.add(`s${nth}`);
    expect([revocations.has(ended), revocations.has(other)]).toEqual([true, false]);
    revocations.add('one too many');
    expect([revocations.has(ended), revocations.has(other)]).toEqual([true, true]);
    await span.advance(62_000);
    expect(revocations.has(token('other', nowS()))).toBe(false);
  });
});

const token = (sid: string, iat = 5) => ({ sid, sub: 'm_1', iat });
