/**
 * The Chromium of the package `@sparticuz/chromium`, with the libraries and fonts it needs on a bare machine. The
 * package unpacks into the folder for temporary files under fixed names and races with itself there; so each unpacking
 * gets a folder of its own, which takes its final, versioned name when it is whole.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cache, root } from './root.mjs';
import { SetupError } from './setup-error.mjs';

/** Bump it when what stands in the folder changes for the same version of the package. */
const layout = 1;

const unpack = `
  import { inflate } from '@sparticuz/chromium';
  await Promise.all(process.argv.slice(1).map((archive) => inflate(archive)));
`;

/**
 * Unpacks it if that was not done yet (211 MB, some seconds).
 * @param into the folder of unpacked versions
 * @returns {Promise<{ executablePath: string, env: Record<string, string> }>}
 * @throws {SetupError} on another system than Linux on x64: the package has none for it
 */
export async function packagedChromium(into = cache) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError('No Chromium or Chrome was found: install one, or name one with CHROME_PATH');
  }
  const folder = path.dirname(path.dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))));
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const home = path.join(into, `chromium-${version}-${layout}`);
  if (!fs.existsSync(home)) await unpackTo(home, path.join(folder, 'bin'));
  return {
    executablePath: path.join(home, 'chromium'),
    env: {
      LD_LIBRARY_PATH: [path.join(home, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
      FONTCONFIG_FILE: path.join(home, 'fonts.conf'),
    },
  };
}

async function unpackTo(home, bin) {
  const draft = `${home}.${randomUUID()}.tmp`;
  fs.mkdirSync(draft, { recursive: true });
  try {
    const archives = fs.readdirSync(bin).map((name) => path.join(bin, name));
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', unpack, ...archives], {
      cwd: root,
      env: { ...process.env, TMPDIR: draft },
    });
    fs.writeFileSync(path.join(draft, 'fonts.conf'), fontsConf(home));
    fs.renameSync(draft, home);
  } catch (error) {
    if (!fs.existsSync(home)) throw error; // else another process was first, and its folder is as good
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

/** Its own font first, then what the machine has. */
function fontsConf(home) {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${path.join(home, 'fonts', 'fonts')}</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>${path.join(home, 'fonts-cache')}</cachedir>
</fontconfig>
`;
}
