/** Holds a run's history against the invariants of PROTOCOL.md. Decided purely: a forged history is found out too. */
import { checkEnds } from './ends.ts';
import type { History, Violation } from './history.ts';
import { checkLog } from './log.ts';
import { checkStates } from './states.ts';
import { checkStreams } from './streams.ts';
import { checkWrites } from './writes.ts';

export function check(history: History): Violation[] {
  return [checkWrites, checkLog, checkStreams, checkStates, checkEnds].flatMap((rule) => rule(history));
}
