/** What befalls the log itself: it is cut, and the database is put back to an earlier day. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { FaultKind, Scene } from './fault.ts';

/** Everybody who may connect is sent away and kept away while `work` runs. */
async function alone({ house: { database, lines } }: Scene, work: () => Promise<void>): Promise<void> {
  const heal = [lines.fromA, lines.fromB].map((line) => line.begin({ is: 'refuse' }));
  await database.release();
  await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'payload' and pid <> pg_backend_pid()`,
    [],
    'postgres',
  );
  try {
    await work();
  } finally {
    for (const one of heal) one();
  }
}

/** How long readers are away while the log goes on, in ms. */
const awayMs = 1500;

const run = promisify(execFile);

let copies = 0;

export const logFaults: FaultKind[] = [
  {
    // Harder than any setting allows: while readers are away people write on, then nearly all of the log goes, and the
    // edge that they come back to begins anew and can't have what they missed from anywhere.
    name: 'the log cut during a replay',
    isInstant: true,
    isExclusive: true,
    mayReset: ['expired', 'ahead'],
    draw(random, { house, notes }) {
      const kept = random.whole(0, 5);
      const edge = random.pick(['node', 'worker'] as const);
      return {
        says: `all but ${kept} events, ${edge} begins anew`,
        async inject() {
          const letIn = house.lines[edge === 'node' ? 'toNode' : 'toWorker'].begin({ is: 'refuse' });
          await new Promise((resolve) => setTimeout(resolve, awayMs));
          await notes.cutLog(kept);
          await house.kill(edge);
          await house.ready(edge);
          letIn();
        },
        async heal() {},
      };
    },
  },
  {
    name: 'a database restored from a copy',
    isExclusive: true,
    weight: 1.5,
    mayReset: ['epoch', 'ahead', 'expired'],
    draw(_, scene) {
      const { database } = scene.house;
      const serial = ++copies;
      let copiedMs = 0;
      return {
        async inject() {
          await alone(scene, async () => {
            copiedMs = Date.now();
            await database.query(`create database copy_${serial} template payload`, [], 'postgres');
          });
        },
        async heal() {
          await alone(scene, async () => {
            await scene.notes.keepLog();
            await database.release();
            await database.query(`alter database payload rename to left_${serial}`, [], 'postgres');
            await database.query(`alter database copy_${serial} rename to payload`, [], 'postgres');
            await database.query('alter database payload owner to payload', [], 'postgres');
            await scene.notes.replaced();
          });
          await scene.notes.restored(copiedMs, Date.now());
          await database.query(`drop database left_${serial} with (force)`, [], 'postgres');
        },
      };
    },
  },
  {
    // The machine's disk as it was a while ago, under servers that go on running: nothing in the database can tell.
    name: 'a data folder put back',
    isExclusive: true,
    mayReset: ['epoch', 'ahead', 'expired'],
    draw(_, scene) {
      const { house, notes } = scene;
      const copy = `${house.dataFolder}.copy`;
      let copiedMs = 0;
      return {
        async inject() {
          await house.database.release();
          await house.whileHalted(async () => {
            copiedMs = Date.now();
            await run('cp', ['-a', house.dataFolder, copy]);
          });
        },
        async heal() {
          await alone(scene, async () => {
            await notes.keepLog();
            await house.database.release();
            await house.whileHalted(async () => {
              await run('rm', ['-rf', house.dataFolder]);
              await run('mv', [copy, house.dataFolder]);
            });
            await notes.replaced();
          });
          await notes.restored(copiedMs, Date.now(), true);
        },
      };
    },
  },
];
