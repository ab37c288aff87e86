/** The types of npm's entries, with those of protocol, which is never published, beside them. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * @param {string} folder of the part
 * @param {string} out where the types go
 */
export function buildTypes(folder, out) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const root = path.join(folder, '..');
  const args = ['-p', 'tsconfig.types.json', '--rootDir', root, '--outDir', out];
  execFileSync(process.execPath, [tsc, ...args], { cwd: folder, stdio: 'inherit' });
  const files = fs.readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'));
  for (const name of files) {
    const file = path.join(out, name);
    const protocol = path.relative(path.dirname(file), path.join(out, 'protocol/src/index.js'));
    const text = fs
      .readFileSync(file, 'utf8')
      .replaceAll("'@payload-chat/protocol'", `'${protocol.split(path.sep).join('/')}'`)
      .replace(/(from|import\() ?'(\.[^']*)\.ts'/g, "$1 '$2.js'")
      .replaceAll("import( '", "import('");
    fs.writeFileSync(file, text);
  }
}
