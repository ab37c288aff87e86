/**
 * Where Postgres may live and as whom. It refuses to run as root, so under root it runs as the owner of its data, else
 * as `postgres`, else as `nobody`. That user must be able to reach the programs and the data; below a home of mode 0700
 * (or where a umask of 077 installed the programs) he isn't, and both live in a folder of the system instead.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { SetupError } from './setup-error.mjs';

/** For programs and data when the checkout or the data folder is out of that user's reach. */
const systemFolder = '/var/lib/payload-chat';

/**
 * @param programs the folder `native` of the installed binaries
 * @param version names the copy of the programs
 * @returns `bin` and `data` (made, and its user's), `user` null for "as we are"
 */
export function postgresHome({ programs, version, dataDir }) {
  if (process.getuid?.() !== 0)
    return { bin: path.join(programs, 'bin'), data: path.join(dataDir, 'postgres'), user: null };
  const near = path.join(dataDir, 'postgres');
  const user = ownerOf(near) ?? passwdUser('postgres') ?? passwdUser('nobody');
  if (!user)
    throw new SetupError('Postgres does not run as root, and this machine has neither a user "postgres" nor "nobody"');
  const data = reachableData(dataDir, near, user);
  return { bin: reachablePrograms(programs, version, user), data, user };
}

/** Deletes the data folder, and the database of it that lives in a folder of the system. */
export function removeDataFolder(dataDir) {
  const far = farData(dataDir);
  fs.rmSync(dataDir, { recursive: true, force: true });
  if (far) fs.rmSync(far, { recursive: true, force: true });
}

function reachablePrograms(programs, version, user) {
  if (may(user, programs, 'test -x bin/postgres && test -x bin/initdb && test -r share/postgresql/postgres.bki')) {
    return path.join(programs, 'bin');
  }
  openSystemFolder(user);
  const copy = path.join(systemFolder, `postgres-${version}`);
  if (!fs.existsSync(copy)) {
    const draft = `${copy}.${process.pid}.tmp`;
    fs.cpSync(programs, draft, { recursive: true, verbatimSymlinks: true });
    openToAll(draft);
    try {
      fs.renameSync(draft, copy);
    } catch (error) {
      fs.rmSync(draft, { recursive: true, force: true });
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another start was first
    }
  }
  return path.join(copy, 'bin');
}

function reachableData(dataDir, near, user) {
  if (!fs.existsSync(pointer(dataDir))) {
    fs.mkdirSync(near, { recursive: true });
    fs.chownSync(near, user.uid, user.gid);
    fs.chmodSync(near, 0o700);
    if (may(user, near, 'test -w .')) return near;
    fs.rmdirSync(near);
    openSystemFolder(user);
    // A random name, kept in the data folder: who deletes the folder begins anew.
    fs.writeFileSync(pointer(dataDir), path.join(systemFolder, `data-${randomBytes(6).toString('hex')}`));
  }
  const far = farData(dataDir);
  if (!far)
    throw new SetupError(
      `${pointer(dataDir)} does not name a folder of the database: delete the data folder to begin anew`,
    );
  fs.mkdirSync(far, { recursive: true });
  fs.chownSync(far, user.uid, user.gid);
  fs.chmodSync(far, 0o700);
  return far;
}

/** The file that says where the database went. */
function pointer(dataDir) {
  return path.join(dataDir, 'postgres.path');
}

function farData(dataDir) {
  if (!fs.existsSync(pointer(dataDir))) return null;
  const far = fs.readFileSync(pointer(dataDir), 'utf8').trim();
  // Root makes, gives away and deletes it: no path but one of ours is taken from a file.
  return path.dirname(far) === systemFolder && /^data-[0-9a-f]{12}$/.test(path.basename(far)) ? far : null;
}

function openSystemFolder(user) {
  try {
    if (fs.mkdirSync(systemFolder, { recursive: true })) fs.chmodSync(systemFolder, 0o755);
  } catch (error) {
    throw new SetupError(
      `Postgres runs as "${user.name}", who reaches neither this folder nor ${systemFolder} (${error.code})`,
    );
  }
  if (fs.statSync(systemFolder).uid !== 0)
    throw new SetupError(`${systemFolder} belongs to another user than root: delete it`);
}

/** May that user enter the folder, and does the test hold for him there? */
function may(user, folder, test) {
  return (
    spawnSync('/bin/sh', ['-c', `cd "$1" && ${test}`, 'sh', folder], { uid: user.uid, gid: user.gid, cwd: '/' })
      .status === 0
  );
}

function ownerOf(folder) {
  if (!fs.existsSync(path.join(folder, 'PG_VERSION'))) return null;
  const { uid, gid } = fs.statSync(folder);
  return uid === 0 ? null : { name: `uid ${uid}`, uid, gid };
}

function passwdUser(name) {
  const line = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  if (!line) return null;
  const [, , uid, gid] = line.split(':');
  return { name, uid: Number(uid), gid: Number(gid) };
}

function openToAll(folder) {
  fs.chmodSync(folder, 0o755);
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) openToAll(place);
    else if (entry.isFile()) fs.chmodSync(place, path.basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}
