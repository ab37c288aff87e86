/**
 * A database that was put back hands out the same positions again, under another epoch. Every hop sees it through the one
 * before it: open streams and old cursors are answered `reset epoch`, and what follows is told under the new one.
 */
import { parseCursor } from '@payload-chat/protocol';
import pg from 'pg';
import { expect, test } from 'vitest';
import { type Seat, seatAt } from '../edge/test/hop.ts';
import { startNodeEdge } from '../edge/test/node-edge.ts';
import { realHop } from '../edge/test/real-hop.ts';
import { closeStreams } from '../edge/test/stream-reader.ts';
import { house } from './house.ts';
import { patienceMs } from './thread.ts';

const stack = house({ only: ['postgres', 'server', 'edge'] });

/** What a restored data folder looks like to a server that has read further: its newest messages were never written. */
async function putBack(site: string, thread: string, count: number): Promise<void> {
  const client = new pg.Client(stack().databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{ entity: string }>(
      `delete from chat.events e using chat.sites s where s.site = $1 and e.site = s.site and e.pos > s.pos - $2
        returning e.entity`,
      [site, count],
    );
    await client.query('delete from messages where id = any($1)', [rows.map(({ entity }) => entity)]);
    await client.query('update chat.threads set seq = seq - $2 where thread = $1', [thread, count]);
    await client.query('update chat.sites set pos = pos - $2 where site = $1', [site, count]);
    // A restore ends every connection.
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );
  } finally {
    await client.end();
  }
}

test('[S4] a database put back: readers at the server, the Worker edge and the Node edge learn of a new epoch', async () => {
  const { urls, edgeKey, site } = stack().demo;
  const node = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey });
  try {
    const hops = Object.entries({ server: urls.server, worker: urls.edge, node: node.url });
    const seats = await Promise.all(hops.map(([name, url]) => seatAt(realHop(stack(), url, `epoch-${name}`), 'ada')));
    const [writer] = seats as [Seat];
    const query = 'topic=room:lobby';
    await writer.post({ room: 'lobby' }, 'kept');
    const live = await Promise.all(seats.map((seat) => seat.stream({ query })));
    for (const stream of live) await stream.next('ready', patienceMs);
    const undone = await writer.post({ room: 'lobby' }, 'undone');
    for (const stream of live) await stream.next('message', patienceMs);
    const before = (await writer.snapshot('room:lobby')).cursor;

    await putBack(site.key, undone.thread, 1);
    for (const stream of live) {
      expect((await stream.next('reset', patienceMs)).data).toMatchObject({ reason: 'epoch' });
      await stream.ended(patienceMs);
    }
    const again = await expect
      .poll(() => writer.post({ room: 'lobby' }, 'said again').catch(() => undefined), { timeout: patienceMs })
      .toMatchObject({ pos: undone.pos })
      .then(() => writer.snapshot('room:lobby'));
    const epoch = parseCursor(again.cursor)?.epoch;
    expect(epoch).not.toBe(parseCursor(before)?.epoch);
    expect(again.messages.slice(-2).map(({ content }) => content)).toEqual(['kept', 'said again']);

    for (const seat of seats) {
      const returning = await seat.stream({ query, lastEventId: before });
      expect((await returning.next('reset', patienceMs)).data).toMatchObject({ reason: 'epoch' });
      // The snapshot that an edge had kept is of the history before.
      expect(parseCursor((await seat.snapshot('room:lobby')).cursor)?.epoch).toBe(epoch);
      const fresh = await seat.stream({ query, lastEventId: `${epoch}.${undone.pos - 1}` });
      expect(await fresh.next('message', patienceMs)).toMatchObject({
        id: `${epoch}.${undone.pos}`,
        data: { message: { content: 'said again' } },
      });
    }
  } finally {
    closeStreams();
    await node.stop();
  }
});
