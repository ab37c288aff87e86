/**
 * Another release of the chat beside ours: a checkout of its own with its own dependencies and builds, whose services
 * are described by its own scripts. Made once for each commit, and kept.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cache, root } from '../../../scripts/root.mjs';
import { runProgram } from '../../../scripts/run-program.mjs';

type Services = typeof import('../../../scripts/services.mjs');
type Parts = typeof import('../../../scripts/parts.mjs');
type Install = typeof import('../../../scripts/install.mjs');

/** As much of a release as a house is made of. */
export interface Release {
  /** Short, as `git` has it. */
  commit: string;
  services: Services;
  /** The build of its server, seen from its folder. */
  nextDist: string;
}

/** @param ref whatever `git` takes for a commit. @throws for none, and where it can't be installed or built. */
export async function openRelease(ref: string, report: (line: string) => void, signal?: AbortSignal): Promise<Release> {
  const commit = (await git('rev-parse', '--verify', '--short=12', `${ref}^{commit}`)).trim();
  const folder = path.join(cache, 'releases', commit);
  if (!existsSync(path.join(folder, 'package.json'))) {
    report(`Release    ${commit} is checked out`);
    await git('worktree', 'prune');
    await git('worktree', 'add', '--detach', folder, commit);
  }
  const load = <M>(name: string) => import(pathToFileURL(path.join(folder, 'scripts', name)).href) as Promise<M>;
  const say = (line: string) => report(`${line} [${commit}]`);
  await (await load<Install>('install.mjs')).ensureInstalled(say);
  const parts = await load<Parts>('parts.mjs');
  const { nextDist } = await parts.build(['components', 'server'], say, signal ? { signal } : {});
  return { commit, services: await load<Services>('services.mjs'), nextDist };
}

async function git(...args: string[]): Promise<string> {
  const { code, output } = await runProgram('git', args, { cwd: root });
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${output.trim()}`);
  return output;
}
