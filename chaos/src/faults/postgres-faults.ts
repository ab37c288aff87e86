/** What Postgres goes through without dying. */
import type { FaultKind, Scene } from './fault.ts';

/** Holds a transaction open, in a database of the choice. */
function openTransaction(name: string, statements: string[], database?: string): FaultKind {
  return {
    name,
    draw(_, { house }) {
      let end = async () => {};
      return {
        async inject() {
          end = await house.database.holdOpen(statements, database);
        },
        heal: () => end(),
      };
    },
  };
}

const writing = [
  'create table if not exists public.chaos_scratch (n int)',
  'insert into public.chaos_scratch values (1)',
];

const endBackends = ({ house }: Scene, where: string) =>
  house.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = 'payload' and usename = 'payload' and pid <> pg_backend_pid() and ${where}`,
  );

export const postgresFaults: FaultKind[] = [
  openTransaction('a long open write transaction', writing),
  openTransaction('a long open write transaction elsewhere', writing, 'postgres'),
  {
    name: 'a lost LISTEN connection',
    isInstant: true,
    draw: (_, scene) => ({
      inject: async () => void (await endBackends(scene, `application_name = 'payload-chat listen'`)),
      async heal() {},
    }),
  },
  {
    name: 'every backend terminated',
    isInstant: true,
    mayReset: ['ahead'],
    draw: (_, scene) => ({
      inject: async () => void (await endBackends(scene, 'true')),
      async heal() {},
    }),
  },
  {
    name: 'every NOTIFY dropped',
    draw: (_, { house }) => ({
      async inject() {
        house.taps.a.dropsNotifies = true;
        house.taps.b.dropsNotifies = true;
      },
      async heal() {
        house.taps.a.dropsNotifies = false;
        house.taps.b.dropsNotifies = false;
      },
    }),
  },
  // The sites' counters are held: nobody can commit meanwhile, and nobody may be told that he did.
  openTransaction('a locked log', ['select * from chat.sites for update']),
];
