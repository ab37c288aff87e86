/** `npm run dev`: as `npm start`, from the sources, following their changes. */
import { underOwnNode } from './own-node.mjs';

await underOwnNode(import.meta.url, async () => (await import('./run.mjs')).run({ watch: true }));
