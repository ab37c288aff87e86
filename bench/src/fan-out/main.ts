/** (d) and (e): the Node hub beside a bare `node:http` broadcaster, same bytes, same readers, same run. */
import { row, title } from '../table.ts';
import { type Load, measure } from './broadcaster.ts';

const loads: Array<{ name: string; load: Load; wanted: string }> = [
  { name: 'quiet: 1,000 readers x 10 events/s', load: { readers: 1000, events: 100, perSecond: 10 }, wanted: '>= 0.9' },
  { name: 'busy: 5,000 readers x 100 events/s', load: { readers: 5000, events: 300, perSecond: 100 }, wanted: '>= 3' },
];

export async function fanOut(): Promise<void> {
  title('Fan-out: deliveries per CPU-second and memory per idle reader, Node hub against bare node:http');
  for (const { name, load, wanted } of loads) {
    const bare = await measure('bare', load);
    const hub = await measure('hub', load);
    const again = await measure('bare', load);
    const yardstick = (bare.deliveriesPerCpuSecond + again.deliveriesPerCpuSecond) / 2;
    row(name, hub.deliveriesPerCpuSecond / yardstick, `wanted ${wanted}`, [
      `hub ${Math.round(hub.deliveriesPerCpuSecond).toLocaleString('en')}/CPU-s`,
      `bare ${Math.round(yardstick).toLocaleString('en')}/CPU-s`,
    ]);
    if (load.readers < 5000) continue;
    const bareBytes = (bare.bytesPerReader + again.bytesPerReader) / 2;
    row('memory per idle reader at 5,000', hub.bytesPerReader / bareBytes, '', [
      `hub ${(hub.bytesPerReader / 1024).toFixed(1)} KiB`,
      `bare ${(bareBytes / 1024).toFixed(1)} KiB`,
    ]);
    const edge = await measure('edge', { ...load, events: 0 });
    row('the same, of the whole Node edge', edge.bytesPerReader / bareBytes, '', [
      `edge ${(edge.bytesPerReader / 1024).toFixed(1)} KiB`,
    ]);
  }
}
