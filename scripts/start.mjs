/** `npm start`: the whole house from nothing, until Ctrl+C. Plain JavaScript: it begins under Node 20, before any install. */
import { underOwnNode } from './own-node.mjs';

await underOwnNode(import.meta.url, async () => (await import('./run.mjs')).run());
