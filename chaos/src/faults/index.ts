/** Every way to break the house, by name. */
import { ambushes } from './ambushes.ts';
import { clockFaults } from './clock-faults.ts';
import { deaths } from './deaths.ts';
import type { FaultKind } from './fault.ts';
import { keyFaults } from './key-faults.ts';
import { lineFaults } from './line-faults.ts';
import { logFaults } from './log-faults.ts';
import { postgresFaults } from './postgres-faults.ts';
import { readerFaults } from './reader-faults.ts';

export const faultKinds: readonly FaultKind[] = [
  ...deaths,
  ...ambushes,
  ...postgresFaults,
  ...logFaults,
  ...keyFaults,
  ...clockFaults,
  ...lineFaults,
  ...readerFaults,
];
