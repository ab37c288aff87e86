import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { unansweredIn } from './unanswered.ts';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                    \n';
const row = (local: string, remote: string, state: string, repeated: string) =>
  `   0: ${local} ${remote} ${state} 00000123:00000000 01:00000014 ${repeated}     0        0 8179881 1 0000000 100 0 0 10 0\n`;

describe('who has left repetitions unanswered', () => {
  it('is named by his address and port, of the old kind and of the new', () => {
    const old = head + row('0100007F:2253', '0201A8C0:C350', '01', '00000006');
    expect(unansweredIn(old, 0x2253)).toEqual(['192.168.1.2 50000']);
    const mapped = row(
      '00000000000000000000000000000000:2253',
      '0000000000000000FFFF00000201A8C0:C350',
      '01',
      '0000000A',
    );
    const own = row('B80D0120000000000000000001000000:2253', 'B80D0120000000000000000002000000:C351', '01', '00000007');
    expect(unansweredIn(head + mapped + own, 0x2253)).toEqual(['192.168.1.2 50000', '2001:db8::2 50001'].sort());
  });

  it('is nobody who was repeated to less often, at another port, or whose connection is not open', () => {
    const rows = [
      row('0100007F:2253', '0201A8C0:C350', '01', '00000005'),
      row('0100007F:2254', '0201A8C0:C350', '01', '00000009'),
      row('0100007F:2253', '0201A8C0:C350', '04', '00000009'),
      row('0100007F:2253', '00000000:0000', '0A', '00000000'),
    ];
    expect(unansweredIn(head + rows.join(''), 0x2253)).toEqual([]);
    expect(unansweredIn('', 0x2253)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('is looked for in rows as this very kernel writes them', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    try {
      const table = await readFile('/proc/net/tcp', 'latin1');
      expect(unansweredIn(table, port)).toEqual([]);
      // Its own row, as if nothing had been answered.
      const dead = table.replace(/^( *\d+: \S+ \S+ 01 \S+ \S+ )00000000/gm, '$100000006');
      expect(unansweredIn(dead, port)).toEqual([`127.0.0.1 ${socket.localPort}`]);
    } finally {
      socket.destroy();
      server.close();
    }
  });
});
