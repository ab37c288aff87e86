/** Who types now: each for `limits.typingShownMs` after his last signal, or until his message is there. */
import { type Clock, limits, type User } from '@payload-chat/protocol';

export interface Typists {
  /** The same list while nothing changed. */
  readonly users: readonly User[];
  types(user: User): void;
  stops(id: string): void;
  clear(): void;
}

export function createTypists(clock: Clock, onChange: () => void): Typists {
  const cancels = new Map<string, () => void>();
  let users: readonly User[] = [];

  function stops(id: string) {
    cancels.get(id)?.();
    if (!cancels.delete(id)) return;
    users = users.filter((user) => user.id !== id);
    onChange();
  }

  return {
    get users() {
      return users;
    },
    types(user) {
      const { id } = user;
      if (!cancels.has(id)) {
        users = [...users, user];
        onChange();
      }
      cancels.get(id)?.();
      cancels.set(
        id,
        clock.after(limits.typingShownMs, () => stops(id)),
      );
    },
    stops,
    clear() {
      for (const id of [...cancels.keys()]) stops(id);
    },
  };
}
