import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder for one test, open to all as `/tmp` is; `remove` deletes it. */
export function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'payload-chat-'));
  fs.chmodSync(folder, 0o755);
  return { folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}
