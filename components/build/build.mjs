/**
 * Builds `dist`: `chat.js` for a script tag, npm's entries, their types and the manifest of the elements. Prints what
 * `chat.js` weighs on the way to a page, and fails where that is too much.
 */
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { buildManifest } from './manifest.mjs';
import { buildTypes } from './types.mjs';

/** What `chat.js` is meant to have at most after `gzip -9`, in bytes; and what it has by now, above which the build fails. */
const aimBytes = 16_384;
const limitBytes = 27_000;

const folder = path.join(import.meta.dirname, '..');
const dist = path.join(folder, 'dist');
const fresh = `${dist}.new`;

fs.rmSync(fresh, { recursive: true, force: true });
for (const mode of ['chat', 'entries'])
  await build({
    configFile: path.join(folder, 'vite.config.ts'),
    mode,
    logLevel: 'error',
    build: { outDir: fresh },
  });
buildTypes(folder, path.join(fresh, 'types'));
buildManifest(folder, fresh);
// A page that is served from here meanwhile never meets half a build.
fs.rmSync(`${dist}.old`, { recursive: true, force: true });
if (fs.existsSync(dist)) fs.renameSync(dist, `${dist}.old`);
fs.renameSync(fresh, dist);
fs.rmSync(`${dist}.old`, { recursive: true, force: true });

const script = fs.readFileSync(path.join(dist, 'chat.js'));
const bytes = gzipSync(script, { level: 9 }).length;
const figure = (number) => number.toLocaleString('en');
console.log(
  `chat.js: ${figure(bytes)} bytes by gzip -9 (${figure(script.length)} raw); the aim is ${figure(aimBytes)}`,
);
if (bytes > limitBytes) {
  console.error(`chat.js is ${figure(bytes - limitBytes)} bytes above its limit of ${figure(limitBytes)}.`);
  process.exitCode = 1;
}
