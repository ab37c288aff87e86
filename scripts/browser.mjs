/** Which Chromium do the tests drive? */
import fs from 'node:fs';
import path from 'node:path';
import { packagedChromium } from './packaged-chromium.mjs';
import { SetupError } from './setup-error.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * No sandbox: it refuses root, and in a container ordinary users too; only our own pages are opened. The rest keeps the
 * browser from calling home. Nothing here softens a rule of the web: no `--disable-web-security`, no single process.
 */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The browser of CHROME_PATH, else an installed one, else the one that npm brought, unpacked at the first call.
 * Launch it headless with these arguments and with `env` added to the environment.
 * @returns {Promise<{ executablePath: string, args: string[], env: Record<string, string> }>}
 * @throws {SetupError} when CHROME_PATH names no program, or when there is none for this machine
 */
export async function chromium(from = process.env) {
  const named = from.CHROME_PATH;
  if (named) {
    if (!isProgram(named)) throw new SetupError(`CHROME_PATH is "${named}": there is no program of that name`);
    return { executablePath: named, args, env: {} };
  }
  const installed = [...inPath(from.PATH ?? ''), ...places].find(isProgram);
  if (installed) return { executablePath: installed, args, env: {} };
  return { args, ...(await packagedChromium()) };
}

function inPath(list) {
  return list.split(path.delimiter).flatMap((folder) => (folder ? names.map((name) => path.join(folder, name)) : []));
}

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
