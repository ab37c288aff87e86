import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout, absolute. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What the scripts keep between two runs: stamps of builds, unpacked browsers, folders of tests. May be deleted at any time. */
export const cache = path.join(root, '.cache');
