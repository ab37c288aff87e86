/** The manifest of the elements for editors and catalogues. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * @param {string} folder of the part
 * @param {string} out where the manifest goes
 */
export function buildManifest(folder, out) {
  const analyzer = createRequire(import.meta.url).resolve('@custom-elements-manifest/analyzer/cem.js');
  const args = ['analyze', '--config', 'custom-elements-manifest.config.mjs', '--quiet', '--outdir'];
  execFileSync(process.execPath, [analyzer, ...args, path.relative(folder, out)], { cwd: folder, stdio: 'inherit' });
}
