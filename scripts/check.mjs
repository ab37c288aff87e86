/** `npm run check`: format, lint and import fences (Biome), types (tsc, per part), unused code and dependencies (knip). */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { underOwnNode } from './own-node.mjs';
import { root } from './root.mjs';

await underOwnNode(import.meta.url, async () => {
  const typed = ['protocol', 'server', 'edge', 'components', 'demo', 'bench', 'chaos', 'e2e', 'scripts']
    .map((part) => path.join(part, 'tsconfig.json'))
    .filter((file) => fs.existsSync(path.join(root, file)));
  const checks = [
    { what: 'format, lint, fences', command: 'biome', args: ['ci', '--colors=off', '.'] },
    ...typed.map((file) => ({
      what: `types of ${path.dirname(file)}`,
      command: 'tsc',
      args: ['-p', file, '--noEmit'],
    })),
    { what: 'unused code and dependencies', command: 'knip', args: ['--no-progress'] },
  ];
  const failed = checks.filter(({ what, command, args }) => {
    console.log(`── ${what}`);
    return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0;
  });
  console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.map(({ what }) => what).join(' · ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
});
