/** The keys that edges authenticate with, rotated as the server's README says: servers learn the new one first. */
import { randomBytes } from 'node:crypto';

export interface EdgeKeys {
  /** What the edges use. */
  readonly current: string;
  /** Makes a new key; servers take it beside the last one from their next start on. */
  draw(): void;
  /** From their next start on the edges use the newest. */
  adopt(): void;
}

interface Places {
  servers(keys: string[]): void;
  edges(key: string): void;
}

export function createEdgeKeys(first: string, places: Places): EdgeKeys {
  let keys = [first];
  let current = first;
  places.servers(keys);
  places.edges(current);
  return {
    get current() {
      return current;
    },
    draw() {
      keys = [randomBytes(32).toString('base64url'), ...keys.slice(0, 1)];
      places.servers(keys);
    },
    adopt() {
      current = keys[0] as string;
      places.edges(current);
    },
  };
}
