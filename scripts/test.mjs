/** `npm test`: the same set-up as `npm start`, then every suite; `npm test -- protocol edge` runs those alone. */
import { underOwnNode } from './own-node.mjs';

await underOwnNode(import.meta.url, async (names) => (await import('./run-tests.mjs')).runTests(names));
