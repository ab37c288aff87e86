import { expect, test } from 'vitest';
import { judge } from './suites.mjs';
import { countVitest } from './test-count.mjs';

const file = (status: string, ...tests: string[]) => ({
  name: 'a.test.ts',
  status,
  message: 'SyntaxError: x\n at y',
  assertionResults: tests.map((one, i) => ({ status: one, fullName: `test ${i}` })),
});

test('passed, failed and skipped tests are counted, failures by name', () => {
  expect(
    countVitest({ testResults: [file('failed', 'passed', 'failed', 'skipped'), file('passed', 'passed')] }),
  ).toEqual({
    passed: 2,
    failed: 1,
    skipped: 1,
    failures: ['test 1'],
  });
});

test('a file that could not be loaded is one failure', () => {
  const { failed, failures } = countVitest({ testResults: [file('failed')] });
  expect(failed).toBe(1);
  expect(failures).toEqual(['a.test.ts: SyntaxError: x']);
});

const count = (passed: number, failed: number) => ({ passed, failed, skipped: 0, failures: [] });

test('a suite that ran no test has failed', () => {
  expect(judge(null, 0)).toMatchObject({ failed: 1, failures: ['ran no test'] });
  expect(judge(count(0, 0), 0)).toMatchObject({ failed: 1 });
});

test('a runner that fails without a failed test is a failure', () => {
  expect(judge(count(3, 0), 1)).toMatchObject({ passed: 3, failed: 1 });
  expect(judge(count(3, 0), 0)).toMatchObject({ passed: 3, failed: 0 });
});
