/**
 * Loaded before a process' own code (`--import`): its clock shows so many ms more than the machine's as the file says
 * that CHAOS_CLOCK names, from its start and from each SIGUSR2 on. Only what tells the time of day moves: as when an
 * operator or NTP sets a clock, timers and `performance.now` go on as they were.
 */
import { readFileSync } from 'node:fs';

const RealDate = Date;
const realNow = Date.now;
let offsetMs = 0;

function look() {
  try {
    offsetMs = Number(readFileSync(process.env.CHAOS_CLOCK ?? '', 'utf8')) || 0;
  } catch {
    offsetMs = 0; // No file is no jump.
  }
}

const now = () => realNow() + offsetMs;
RealDate.now = now;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, as) => Reflect.construct(target, given.length ? given : [now()], as),
  apply: () => new RealDate(now()).toString(),
});
look();
process.on('SIGUSR2', look);
