/** Runs web-test-runner with the configuration of components, and writes what it counted to the file that is named. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultReporter, startTestRunner } from '@web/test-runner';
import { root } from './root.mjs';
import { countSessions } from './test-count.mjs';

const [report] = process.argv.slice(2);
if (!report) throw new Error('name the file that takes the count');
const folder = path.join(root, 'components');
process.chdir(folder);
const { default: config } = await import(pathToFileURL(path.join(folder, 'web-test-runner.config.mjs')).href);

/** @type {import('@web/test-runner-core').Reporter} */
const counter = {
  onTestRunFinished: ({ sessions }) => fs.writeFileSync(report, JSON.stringify(countSessions(sessions))),
};

await startTestRunner({
  readCliArgs: false,
  readFileConfig: false,
  config: { ...config, watch: false, reporters: [...(config.reporters ?? [defaultReporter()]), counter] },
});
