/** Who types now: each for `limits.typingShownMs` after his last signal, or until his message is there. */
import { type Clock, limits, type User } from '@payload-chat/protocol';

export interface Typists {
  /** The same list while nothing changed. */
  readonly users: readonly User[];
  types(user: User): void;
  /** Without an id: all of them. */
  stop(id?: string): void;
}

export function createTypists(clock: Clock, onChange: () => void): Typists {
  const cancels = new Map<string, () => void>();
  let users: readonly User[] = [];

  function stop(id?: string) {
    const left = users.filter((user) => id !== undefined && user.id !== id);
    if (left.length === users.length) return;
    for (const user of users) if (!left.includes(user)) cancels.get(user.id)?.();
    users = left;
    onChange();
  }

  return {
    get users() {
      return users;
    },
    types(user) {
      const { id } = user;
      cancels.get(id)?.();
      cancels.set(
        id,
        clock.after(limits.typingShownMs, () => stop(id)),
      );
      if (users.some((other) => other.id === id)) return;
      users = [...users, user];
      onChange();
    },
    stop,
  };
}
