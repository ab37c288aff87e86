/** What makes a thread the only one of its sort: a text under a unique index. */

export type Slot =
  | { kind: 'direct'; site: string; pair: readonly [string, string] }
  | { kind: 'support'; site: string; user: string }
  | { kind: 'room'; site: string; key: string };

/** Parts are joined as JSON, so that no id can imitate two. */
export function slotOf(slot: Slot): string {
  switch (slot.kind) {
    case 'direct':
      return JSON.stringify(['direct', slot.site, ...[...slot.pair].sort()]);
    case 'support':
      return JSON.stringify(['support', slot.site, slot.user]);
    case 'room':
      return JSON.stringify(['room', slot.site, slot.key]);
  }
}
