/**
 * A whole house that can be broken anywhere: two servers on one Postgres, a Worker edge and a Node edge, and a line
 * that obeys between every two hops.
 *
 *   readers, writers -> [toWorker] -> worker -> [fromWorker] -\           /-> server-a -> [fromA] -\
 *                    -> [toNode]   -> node   -> [fromNode]   --> either --                          --> postgres
 *                    -> [toServer] ------------------------- -/           \-> server-b -> [fromB] -/
 */
import { appendFileSync, rmSync } from 'node:fs';
import { openDataFolder } from '../../../scripts/data-folder.mjs';
import { leaveFolder, takeFolder } from '../../../scripts/folder-owner.mjs';
import { build } from '../../../scripts/parts.mjs';
import { freePorts } from '../../../scripts/ports.mjs';
import { databaseUrl, postgresSpec } from '../../../scripts/postgres.mjs';
import { removeDataFolder } from '../../../scripts/postgres-home.mjs';
import { readJson, writePrivate } from '../../../scripts/private-file.mjs';
import { openSecrets } from '../../../scripts/secrets.mjs';
import * as ours from '../../../scripts/services.mjs';
import { createSupervisor } from '../../../scripts/supervisor.mjs';
import { testDataFolder } from '../../../scripts/test-stack.mjs';
import { waitFor } from '../../../scripts/wait-for.mjs';
import { type Line, openLine } from '../lines/line.ts';
import { createPostgresTap, type PostgresTap } from '../lines/postgres-tap.ts';
import { type Clocks, createClocks } from './clocks.ts';
import { type Database, openDatabase } from './database.ts';
import { createEdgeKeys, type EdgeKeys } from './edge-keys.ts';
import { openForeignClocks } from './foreign-clocks.ts';
import { membersOf, ourWorkerd } from './process-table.ts';
import { openRelease, type Release } from './release.ts';

export type ServiceName = 'postgres' | 'server-a' | 'server-b' | 'worker' | 'node';
export const lineNames = ['toWorker', 'toNode', 'toServer', 'fromWorker', 'fromNode', 'fromA', 'fromB'] as const;
/** What a release brings. */
export const versionedNames = ['server-a', 'server-b', 'worker', 'node'] as const;
export type VersionedName = (typeof versionedNames)[number];
export type LineName = (typeof lineNames)[number];
/** Where a client may ask. */
export type HopName = 'worker' | 'node' | 'server';

/** What the server's seed made. */
export interface Seed {
  site: { key: string; secret: { kid: string; value: string } };
  people: Array<{ name: string; email: string; password: string; kind: string; id: string }>;
  threads: { direct: string; support: string; room: string };
}

export interface House {
  seed: Seed;
  lines: Record<LineName, Line>;
  /** Of either server's talk with Postgres. */
  taps: { a: PostgresTap; b: PostgresTap };
  database: Database;
  edgeKeys: EdgeKeys;
  clocks: Clocks;
  /** The address of a hop, through its line. */
  urlOf(hop: HopName): string;
  /** The address past every line: for evidence, not for actors. */
  directUrlOf(service: Exclude<ServiceName, 'postgres'>): string;
  /** An origin that the site lists, and the port to serve its page from. */
  page: { origin: string; port: number };
  pid(name: ServiceName): number | null;
  /** As a mishap would; comes back when it is dead. It is started again by itself. */
  kill(name: ServiceName, signal?: NodeJS.Signals): Promise<void>;
  /** Comes back at its next healthy moment, or at once. */
  ready(name: ServiceName): Promise<void>;
  /** In order, as an operator would. */
  restart(name: ServiceName): Promise<void>;
  /** Services that may be of either release, and how one becomes of the other: as an operator does it. */
  releases: { names: readonly VersionedName[]; change(name: VersionedName, to: 'ours' | 'other'): Promise<void> };
  /** Postgres' data folder, which may be copied and changed while it is halted. */
  dataFolder: string;
  /** Ends Postgres for `work` and starts it again. */
  whileHalted(work: () => Promise<void>): Promise<void>;
  /** All that the lines, taps and services need to be good again. */
  allReady(): Promise<void>;
  close(): Promise<void>;
}

export interface HouseOptions {
  /** Between the pings of the edges, in ms: what a reader calls silence is 2.5 of them. */
  pingMs?: number;
  /** Further variables of both edges. */
  edgeEnv?: Record<string, string>;
  report?(line: string): void;
  signal?: AbortSignal;
  /** Without the Worker edge, or one server alone: the soak and the storm measure the others. */
  services?: ServiceName[];
  /**
   * Another release, by whatever git takes for a commit. The house begins with it everywhere, as one that was not updated
   * yet; then all but `older` are updated.
   */
  release?: { ref: string; older: readonly VersionedName[] };
}

const everything: ServiceName[] = ['postgres', 'server-a', 'server-b', 'worker', 'node'];

/** Builds what is stale and starts everything. Whoever calls it closes it. */
export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const { report = () => {}, pingMs = 1500, services = everything, edgeEnv = {}, signal, release: other } = options;
  const dataDir = testDataFolder();
  const folder = openDataFolder(dataDir);
  const release = await takeFolder(folder);
  const supervisor = createSupervisor({
    report,
    onLost: (name: string, how: string) => report(`${name} is given up: it ${how}`),
    ...(signal ? { signal } : {}),
  });
  const opened: Line[] = [];
  const line = async (...how: Parameters<typeof openLine>) => {
    const made = await openLine(...how);
    opened.push(made);
    return made;
  };
  let database: Database | undefined;
  const foreign = openForeignClocks();

  async function close() {
    leaveFolder(folder);
    await database?.close();
    await supervisor.end();
    foreign.close();
    for (const one of opened) await one.close();
    release();
    removeDataFolder(dataDir);
  }

  try {
    const secrets = openSecrets(folder.secrets);
    const { nextDist } = await build(['components', 'server'], report, signal ? { signal } : {});
    const own: Release = { commit: 'ours', services: ours, nextDist };
    const before = other && (await openRelease(other.ref, report, signal));
    const [postgres, a, b, worker, node, demo, host] = (await freePorts(7)) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const password = secrets.POSTGRES_PASSWORD;
    const place = { dataDir, port: postgres, password, log: folder.log('postgres'), run: folder.run };
    if (foreign.missing) report(`The clocks of Postgres and of workerd stay: ${foreign.missing}`);
    const postgresService = foreign.fit(
      'postgres',
      await postgresSpec({ ...place, settings: { max_connections: '120' } }),
      'postgres',
    );
    await supervisor.launch(postgresService, `on port ${postgres}`);
    database = await openDatabase(databaseUrl(postgres, password));

    const taps = { a: createPostgresTap(), b: createPostgresTap() };
    const has = (name: ServiceName) => services.includes(name);
    const servers = () => [...(has('server-a') ? [a] : []), ...(has('server-b') ? [b] : [])];
    const lines: Record<LineName, Line> = {
      toWorker: await line('toWorker', () => [worker]),
      toNode: await line('toNode', () => [node]),
      toServer: await line('toServer', servers),
      fromWorker: await line('fromWorker', servers),
      fromNode: await line('fromNode', () => servers().reverse()),
      fromA: await line('fromA', () => [postgres], taps.a.tap),
      fromB: await line('fromB', () => [postgres], taps.b.tap),
    };

    const wiring = (server: number, edge: number, by: Line, nextDist = own.nextDist) => ({
      folder,
      ports: { server, edge, demo, host, postgres },
      secrets,
      nextDist,
      databaseUrl: databaseUrl(by.port, password),
      serverEnv: {},
      watch: false,
    });
    const named = <S extends object>(name: ServiceName, spec: S) => {
      rmSync(folder.log(name), { force: true });
      return { ...spec, name, log: folder.log(name) };
    };
    const clocks = createClocks(folder.run, foreign, (name) => {
      const leader = has(name) ? supervisor.get(name).pid : null;
      if (leader === null) return [];
      return name === 'worker' ? membersOf(leader, ourWorkerd) : [leader];
    });
    const specsOf = ({ services: { serverSpec, workerEdgeSpec, nodeEdgeSpec }, nextDist }: Release) => ({
      'server-a': clocks.fit('server-a', serverSpec(wiring(a, node, lines.fromA, nextDist))),
      'server-b': clocks.fit('server-b', serverSpec(wiring(b, node, lines.fromB, nextDist))),
      worker: foreign.fit('worker', workerEdgeSpec(wiring(a, worker, lines.fromA)), ourWorkerd),
      node: clocks.fit('node', nodeEdgeSpec(wiring(a, node, lines.fromA))),
    });
    const first = specsOf(before ?? own);
    const specs = {
      'server-a': named('server-a', first['server-a']),
      'server-b': named('server-b', first['server-b']),
      worker: named('worker', first.worker),
      node: named('node', first.node),
    };
    const bindingsOf = (by: Line, key: string) => ({
      ...ours.edgeBindings(wiring(by.port, worker, by)),
      CHAT_EDGE_KEY: key,
      CHAT_PING_MS: String(pingMs),
      ...edgeEnv,
    });
    const edgeKeys = createEdgeKeys(secrets.CHAT_EDGE_KEY, {
      servers(keys) {
        for (const spec of [specs['server-a'], specs['server-b']])
          Object.assign(spec.env, { CHAT_EDGE_KEYS: keys.join(',') });
      },
      edges(key) {
        Object.assign(specs.node.env, bindingsOf(lines.fromNode, key));
        writePrivate(folder.edgeEnv, envFile(bindingsOf(lines.fromWorker, key)));
      },
    });

    // One after the other: the first seeds the database.
    if (has('server-a')) await supervisor.launch(specs['server-a'], `on port ${a}`);
    const starting: Array<Promise<void>> = [];
    if (has('server-b')) starting.push(supervisor.launch(specs['server-b'], `on port ${b}`));
    if (has('worker')) starting.push(supervisor.launch(specs.worker, `on port ${worker}`));
    if (has('node')) starting.push(supervisor.launch(specs.node, `on port ${node}`));
    await Promise.all(starting);
    const seed = (await waitFor(() => readJson(folder.seed), { withinMs: 30_000 })) as Seed | null;
    if (!seed) throw new Error(`The server is up and has not written ${folder.seed}`);

    const ports = { 'server-a': a, 'server-b': b, worker, node };
    const lineOf: Record<HopName, Line> = { worker: lines.toWorker, node: lines.toNode, server: lines.toServer };
    const house: House = {
      seed,
      lines,
      taps,
      database,
      edgeKeys,
      clocks,
      urlOf: (hop) => `http://127.0.0.1:${lineOf[hop].port}`,
      directUrlOf: (service) => `http://127.0.0.1:${ports[service]}`,
      page: { origin: `http://localhost:${demo}`, port: demo },
      pid: (name) => supervisor.get(name).pid,
      async kill(name, how) {
        appendFileSync(folder.log(name), `--- killed by the fault machine (${how ?? 'SIGKILL'})\n`);
        await supervisor.get(name).kill(how);
      },
      ready: (name) => supervisor.get(name).ready(),
      restart: (name) => supervisor.get(name).restart(),
      releases: {
        names: before ? versionedNames.filter(has) : [],
        async change(name, to) {
          if (!before) throw new Error('There is one release.');
          const { command, args, cwd, env } = specsOf(to === 'ours' ? own : before)[name];
          const spec = specs[name];
          // What the house tells each of keys and bounds stays; edges hold on to the object.
          Object.assign(spec, { command, args, cwd });
          Object.assign(spec.env, { ...env, ...spec.env, CHAT_NEXT_DIST: env.CHAT_NEXT_DIST });
          await supervisor.get(name).restart();
        },
      },
      dataFolder: postgresService.cwd,
      async whileHalted(work) {
        const service = supervisor.get('postgres');
        await service.stop();
        try {
          await work();
        } finally {
          await service.start();
        }
      },
      async allReady() {
        await Promise.all(services.map((name) => supervisor.get(name).ready()));
      },
      close,
    };
    for (const name of house.releases.names) {
      if (other?.older.includes(name)) continue;
      await house.releases.change(name, 'ours');
      report(`${name} was updated beside ${other?.older.join(', ')} of ${before?.commit}`);
    }
    return house;
  } catch (error) {
    await close();
    throw error;
  }
}

const envFile = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
