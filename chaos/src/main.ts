/** `npm run chaos`: see README.md. */
import { parseArgs } from 'node:util';
import { versionedNames } from './house/house.ts';
import { runMany } from './many.ts';
import { soak } from './storm/soak.ts';
import { storm } from './storm/storm.ts';
import { edgeNames } from './storm/stormed-edge.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    seed: { type: 'string' },
    fault: { type: 'string', multiple: true },
    long: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '30' },
    readers: { type: 'string', default: '5000' },
    release: { type: 'string' },
    older: { type: 'string', multiple: true },
    edge: { type: 'string', multiple: true },
  },
});

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  });

const whole = (name: 'runs' | 'seed' | 'minutes' | 'readers', fallback: number) => {
  const value = Number(values[name] ?? fallback);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} is "${values[name]}": a whole number above 0 is wanted`);
  process.exit(2);
};

/** Which services, of those that may be named. */
function some<N extends string>(option: 'older' | 'edge', names: readonly N[], fallback: readonly N[]): readonly N[] {
  const wanted = values[option] ?? fallback;
  const unknown = wanted.find((name) => !names.includes(name as N));
  if (unknown === undefined) return wanted as N[];
  console.error(`--${option} is "${unknown}": one of ${names.join(', ')} is wanted`);
  process.exit(2);
}
/** What stays of the other release: a server and an edge unless told. */
const older = () => some('older', versionedNames, ['server-b', 'node']);
const edges = () => some('edge', edgeNames, edgeNames);

const say = (line: string) => console.log(line);
const [what = 'runs'] = positionals;
if (what === 'runs') {
  const isClean = await runMany({
    runs: whole('runs', 5),
    seed: whole('seed', 1 + Math.floor(Math.random() * 1_000_000)),
    isLong: values.long,
    only: values.fault ?? [],
    ...(values.release === undefined ? {} : { release: { ref: values.release, older: older() } }),
    signal: abort.signal,
    say,
  });
  process.exit(isClean ? 0 : 1);
} else if (what === 'storm')
  process.exit((await storm({ readers: whole('readers', 5000), edges: edges(), signal: abort.signal, say })) ? 0 : 1);
else if (what === 'soak')
  process.exit((await soak({ minutes: whole('minutes', 30), signal: abort.signal, say })) ? 0 : 1);
else {
  console.error(`There is no "${what}": runs (the default), storm or soak`);
  process.exit(2);
}
