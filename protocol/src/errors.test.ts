import { expect, test } from 'vitest';
import { errorAnswer, errorBody, errorCodes, readRefusal } from './error-answer.ts';
import { ChatError, type ErrorCode, errorStatus, readError } from './errors.ts';

const codes = Object.keys(errorStatus) as ErrorCode[];

test.each(codes)('what one hop answers as %s the next reads back as the same', (code) => {
  const sent = new ChatError(code, { message: 'So it is.', ...(code === 'rate-limited' ? { retryAfterS: 7 } : {}) });
  const { status, headers, body } = errorAnswer(sent);
  const met = readRefusal(status, JSON.parse(body), headers['Retry-After'] ?? null);
  expect({ ...met, message: met.message }).toEqual({ ...sent, message: sent.message });
});

test('[S9] all faults of a request are one entry each', () => {
  const faults = [
    { field: 'content', message: 'Must be text.' },
    { field: 'localId', message: 'Must have at most 128 characters.' },
  ];
  const { errors } = errorBody(new ChatError('invalid', { faults }));
  expect(errors).toEqual(faults.map((fault) => ({ code: 'invalid', ...fault })));
  expect(readRefusal(400, { errors }).faults).toEqual(faults);
});

test('a stranger is told the public sentence and never the cause', () => {
  const fault = new ChatError('internal', { cause: new Error('select secret from "t"') });
  expect(JSON.parse(errorAnswer(fault).body)).toEqual({
    errors: [{ code: 'internal', message: errorCodes.internal.message }],
  });
});

test('[S9] 429 and 5xx may be tried again, the rest of the list is final; 503 always says when', () => {
  for (const code of codes) {
    const fault = new ChatError(code);
    expect(fault.retry, code).toBe(fault.status === 429 || fault.status >= 500);
    if (fault.status === 503) expect(errorAnswer(fault).headers['Retry-After'], code).toBe('2');
  }
});

test.each([
  [400, 'invalid', false],
  [401, 'unauthorized', false],
  [402, 'invalid', false],
  [403, 'forbidden', false],
  [404, 'not-found', false],
  [405, 'invalid', false],
  [408, 'unreachable', true],
  [409, 'conflict', false],
  [413, 'too-large', false],
  [425, 'unreachable', true],
  [429, 'rate-limited', true],
  [500, 'internal', true],
  [502, 'unreachable', true],
  [503, 'unreachable', true],
  [504, 'unreachable', true],
  [522, 'unreachable', true],
] as const)('a bare %i of a stranger is %s', (status, code, retry) => {
  for (const body of [undefined, null, '<html>', { errors: 'no' }, { errors: [] }, { errors: [{ code: 'toString' }] }])
    expect(readError(status, body)).toMatchObject({ code, retry });
});

test.each([
  ['5', 5],
  ['0', 0],
  ['-1', 2],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 2],
  ['', 2],
  [null, 2],
])('Retry-After %j is a wish of %i s on a 503', (header, seconds) => {
  expect(readError(503, undefined, header).retryAfterS).toBe(seconds);
});
