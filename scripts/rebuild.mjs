import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from './parts.mjs';
import { root } from './root.mjs';

/** Editors write a file in several steps, and a change of branch many files. */
const quietMs = 200;

/**
 * Builds components and demo anew when their sources change; the server, the edge and the demo's own process follow
 * theirs by themselves. A build that fails is told, and the next change tries again.
 * @param {(line: string) => void} report
 * @param {AbortSignal} signal ends it
 */
export function rebuildOnChange(report, signal) {
  let changes = 0;
  for (const part of ['protocol', 'components', 'demo']) {
    fs.watch(path.join(root, part), { recursive: true, signal }, () => {
      changes += 1;
      if (changes === 1) void follow();
    });
  }
  async function follow() {
    for (let seen = 0; seen !== changes; ) {
      seen = changes;
      await sleep(quietMs);
      if (seen !== changes) continue;
      // What the build itself writes counts as a change too; by the sources' hash it is none.
      await build(['components', 'demo'], report, { signal }).catch((error) => {
        if (!signal.aborted) report(error.message);
      });
    }
    changes = 0;
  }
}
