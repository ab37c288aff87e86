import { pathOf } from '@payload-chat/protocol';
import type { HopName } from '../house/house.ts';
import type { Person } from '../people/person.ts';
import type { ReaderRecord } from './record.ts';

/** Somebody who reads until he is closed. */
export interface Reader {
  record: ReaderRecord;
  person: Person;
  /** Connections that he holds open now. */
  readonly isOpen: boolean;
  /** Comes back at the first `ready`. @throws when there is none within 30 s */
  started: Promise<void>;
  /** The laptop's lid: nothing is read from the connection while it is down. */
  stall?(isStalled: boolean): void;
  /** His clock shows another time from now on, so many ms later than the machine's. */
  jump?(ms: number): void;
  close(): Promise<void>;
}

export interface ReaderOptions {
  name: string;
  person: Person;
  hop: HopName;
  /** What he asks for: `me`, `room:lobby`. */
  topics: string[];
  /** The log's topics that those stand for. */
  hears: string[];
  /** Threads whose state he keeps. */
  threads: string[];
}

export function streamPath(topics: string[], more: Record<string, string> = {}): string {
  const query = new URLSearchParams([...topics.map((topic) => ['topic', topic]), ...Object.entries(more)]);
  return `${pathOf('stream')}?${query}`;
}

/** As `promise`, but not for ever. */
export function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
