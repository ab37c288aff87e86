/**
 * What is being written in a thread, shared by whoever shows the same store: a message's menu starts a reply, the
 * composer shows it, wherever on the page the two stand.
 */
import type { ChatComposer } from '../composer/composer-element.ts';
import type { ShownMessage, ThreadStore } from '../view.ts';

export interface Draft {
  text: string;
  context?: { is: 'reply' | 'edit'; message: ShownMessage } | undefined;
  /** What was being written before an edit began. */
  kept?: string;
  /** Who shows it. */
  composers: Set<ChatComposer>;
}

const drafts = new WeakMap<ThreadStore, Draft>();

export function draftOf(store: ThreadStore): Draft {
  const draft = drafts.get(store) ?? { text: '', composers: new Set() };
  drafts.set(store, draft);
  return draft;
}
