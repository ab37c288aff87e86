/** One way in which a house is broken, and mended. */
import type { ClockName } from '../house/clocks.ts';
import type { House } from '../house/house.ts';
import type { Random } from '../random.ts';
import type { Reader } from '../readers/reader.ts';

/** What a fault may touch. */
export interface Scene {
  house: House;
  /** Those of the running run. */
  readers(): Reader[];
  /** What the checker has to know of a fault: a history that ended, a log that was cut. */
  notes: Notes;
  /** Long runs hold everything back for longer. */
  isLong: boolean;
}

export interface Notes {
  /** Before rows of the log vanish: reads what was not read yet. */
  keepLog(): Promise<void>;
  /** Takes all but so many events of each site away, having read them. */
  cutLog(kept: number): Promise<void>;
  /** Another database has taken the place of the first, and nobody writes yet. */
  replaced(): Promise<void>;
  /** It is served: writes answered between the two times (ms since 1970) are lost by right. `isSilent`: nothing in it tells that it is another. */
  restored(copiedMs: number, backMs: number, isSilent?: boolean): Promise<void>;
  /** A process believes that it is so many ms later than it is. */
  clockMoved(name: ClockName, ms: number): void;
}

export interface Injected {
  /** Says what exactly was drawn, for the plan's print. */
  says?: string;
  inject(): Promise<void>;
  /** Comes back when what was broken is good again. Called once, after `inject`. */
  heal(): Promise<void>;
}

export interface FaultKind {
  name: string;
  /** Alone in its run, beside a line fault: it restarts much, or replaces the database. */
  isExclusive?: boolean;
  /** Over at once, or mended by itself: nothing lasts. */
  isInstant?: boolean;
  /** Whether this house, on this machine, can be broken so; else it is not drawn. */
  isPossible?(house: House): boolean;
  /** How often it is drawn, against the 1 of others. */
  weight?: number;
  /** Resets that it may cause, beside none (I13). */
  mayReset?: ReadonlyArray<'epoch' | 'expired' | 'ahead'>;
  /** All that is random is drawn here, so that a seed repeats. */
  draw(random: Random, scene: Scene): Injected;
}
