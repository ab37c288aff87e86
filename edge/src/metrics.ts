/** Numbers of this edge as Prometheus reads them. */
import type { HubNumbers } from './hubs.ts';

type Column = Exclude<keyof HubNumbers, 'site'>;

const gauges: Array<{ name: string; help: string; column: Column }> = [
  { name: 'chat_hub_readers', help: 'Open streams of readers.', column: 'readers' },
  { name: 'chat_hub_upstreams', help: 'Open streams to the server.', column: 'upstreams' },
  { name: 'chat_hub_ring_bytes', help: 'Bytes of events kept for readers who come back.', column: 'bytes' },
];

/** The text exposition format 0.0.4: a line per site for each gauge; hubs of one site are added up. */
export function metricsText(hubs: HubNumbers[]): string {
  const sites = new Map<string, HubNumbers>();
  for (const hub of hubs) {
    const sum = sites.get(hub.site) ?? { site: hub.site, readers: 0, upstreams: 0, bytes: 0 };
    for (const { column } of gauges) sum[column] += hub[column];
    sites.set(hub.site, sum);
  }
  return gauges
    .flatMap(({ name, help, column }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...[...sites.values()].map((row) => `${name}{site="${escaped(row.site)}"} ${row[column]}`),
    ])
    .join('\n')
    .concat('\n');
}

function escaped(label: string): string {
  return label.replace(/[\\"\n]/g, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`));
}

/** Compares in a time that tells nothing about where two keys part. */
export function isSameKey(given: string | null, key: string): boolean {
  if (given === null || given.length !== key.length) return false;
  let difference = 0;
  for (let at = 0; at < key.length; at += 1) difference |= given.charCodeAt(at) ^ key.charCodeAt(at);
  return difference === 0;
}
