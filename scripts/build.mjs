/** `npm run build`: every part that has a build, whether stale or not; `npm run build -- server` that one alone. */
import { underOwnNode } from './own-node.mjs';

await underOwnNode(import.meta.url, async (names) => {
  const { build, partNames } = await import('./parts.mjs');
  const { SetupError } = await import('./setup-error.mjs');
  const unknown = names.find((name) => !partNames.some((part) => part === name));
  if (unknown) throw new SetupError(`"${unknown}" has no build. These have: ${partNames.join(', ')}`);
  const wanted = partNames.filter((part) => names.length === 0 || names.includes(part));
  await build(wanted, (line) => console.log(line), { force: true });
});
