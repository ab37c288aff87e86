/** `npm run bench`: all of it, or the named sections: `npm run bench -- fan-out`. */
import { fanOut } from './fan-out/main.ts';
import { latency } from './latency.ts';
import { leaving } from './leaving.ts';
import { log } from './server/log.ts';
import { server } from './server/main.ts';

const sections: Record<string, () => Promise<void>> = { server, log, latency, leaving, 'fan-out': fanOut };

const asked = process.argv.slice(2);
for (const name of asked.length ? asked : Object.keys(sections)) {
  const section = sections[name];
  if (!section) throw new Error(`No section ${name}. There are: ${Object.keys(sections).join(', ')}.`);
  await section();
}
