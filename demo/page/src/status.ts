/** A word and a dot for the first person's line, which nobody cuts but a real network. */
import type { Connection, ThreadStore } from '@payload-chat/components';
import { byId } from './by-id.ts';

const words: Record<Connection['is'], string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  slow: 'Held back by a proxy',
  failing: 'Failing',
};

export function showStatus(store: ThreadStore): void {
  const status = byId('first-status');
  const word = status.querySelector('.word') as HTMLElement;
  const show = () => {
    const { is } = store.view.connection;
    if (status.dataset.line === is) return;
    status.dataset.line = is;
    word.textContent = words[is];
  };
  store.subscribe(show);
  show();
}
