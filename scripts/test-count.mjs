/**
 * What the reports of the two test runners say, in one shape.
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Count
 */

/**
 * Counts vitest's JSON report. A file that could not be loaded has no tests and counts as one failure.
 * @param {{ testResults: { name: string, status: string, message?: string, assertionResults: { status: string, fullName: string }[] }[] }} report
 * @returns {Count}
 */
export function countVitest({ testResults }) {
  const count = { passed: 0, failed: 0, skipped: 0, failures: /** @type {string[]} */ ([]) };
  for (const file of testResults) {
    let failedHere = 0;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') count.passed += 1;
      else if (test.status === 'failed') {
        failedHere += 1;
        count.failures.push(test.fullName);
      } else count.skipped += 1;
    }
    if (file.status === 'failed' && failedHere === 0) {
      failedHere = 1;
      count.failures.push(`${file.name}: ${(file.message || 'could not be run').split('\n')[0]}`);
    }
    count.failed += failedHere;
  }
  return count;
}

/**
 * Counts the sessions of web-test-runner. A page that threw outside its tests counts as one failure.
 * @param {import('@web/test-runner-core').TestSession[]} sessions
 * @returns {Count}
 */
export function countSessions(sessions) {
  const count = { passed: 0, failed: 0, skipped: 0, failures: /** @type {string[]} */ ([]) };
  for (const session of sessions) {
    const before = count.failed;
    if (session.testResults) countTree(session.testResults, '', count);
    if (!session.passed && count.failed === before) {
      count.failed += 1;
      count.failures.push(`${session.testFile}: ${session.errors[0]?.message ?? 'could not be run'}`);
    }
  }
  return count;
}

function countTree(suite, above, count) {
  const place = [above, suite.name].filter(Boolean).join(' ');
  for (const test of suite.tests) {
    if (test.skipped) count.skipped += 1;
    else if (test.passed) count.passed += 1;
    else {
      count.failed += 1;
      count.failures.push(`${place} ${test.name}`.trim());
    }
  }
  for (const inner of suite.suites) countTree(inner, place, count);
}
