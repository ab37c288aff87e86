/**
 * Builds `dist`: `chat.js` for a script tag, npm's entries, their types and the manifest of the elements. Prints what
 * `chat.js` weighs on the way to a page, and fails where that is too much.
 */
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { buildChat } from './chat.mjs';
import { buildManifest } from './manifest.mjs';
import { buildTypes } from './types.mjs';

/** What the two files of the script for a tag may weigh at most by `gzip -9`, in bytes. */
const limits = { 'chat.js': 16_384, 'chat-more.js': 11_264 };

const folder = path.join(import.meta.dirname, '..');
const dist = path.join(folder, 'dist');
const fresh = `${dist}.new`;

fs.rmSync(fresh, { recursive: true, force: true });
await build({
  configFile: path.join(folder, 'vite.config.ts'),
  mode: 'entries',
  logLevel: 'error',
  build: { outDir: fresh },
});
const { chat, more } = await buildChat();
fs.writeFileSync(path.join(fresh, 'chat.js'), chat);
fs.writeFileSync(path.join(fresh, 'chat-more.js'), more);
buildTypes(folder, path.join(fresh, 'types'));
buildManifest(folder, fresh);
// A page that is served from here meanwhile never meets half a build.
fs.rmSync(`${dist}.old`, { recursive: true, force: true });
if (fs.existsSync(dist)) fs.renameSync(dist, `${dist}.old`);
fs.renameSync(fresh, dist);
fs.rmSync(`${dist}.old`, { recursive: true, force: true });

const figure = (number) => number.toLocaleString('en');
for (const [name, limit] of Object.entries(limits)) {
  const script = fs.readFileSync(path.join(dist, name));
  const bytes = gzipSync(script, { level: 9 }).length;
  console.log(`${name}: ${figure(bytes)} bytes by gzip -9 (${figure(script.length)} raw); at most ${figure(limit)}`);
  if (bytes <= limit) continue;
  console.error(`${name} is ${figure(bytes - limit)} bytes above its limit.`);
  process.exitCode = 1;
}
