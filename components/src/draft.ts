/**
 * What is being written in a thread, shared by whoever shows the same store: a message's menu starts a reply, the
 * composer shows it, wherever on the page the two stand.
 */
import type { ShownMessage, ThreadStore } from './view.ts';

export class Draft extends EventTarget {
  text = '';
  context: { is: 'reply' | 'edit'; message: ShownMessage } | undefined;
  /** What was being written before an edit began. */
  private kept = '';

  begin(is: 'reply' | 'edit', message: ShownMessage): void {
    this.end();
    this.context = { is, message };
    if (is === 'edit') {
      this.kept = this.text;
      this.text = message.content;
    }
    this.dispatchEvent(new Event('begin'));
  }

  end(): void {
    if (this.context?.is === 'edit') this.text = this.kept;
    this.context = undefined;
    this.dispatchEvent(new Event('end'));
  }
}

const drafts = new WeakMap<ThreadStore, Draft>();

export function draftOf(store: ThreadStore): Draft {
  let draft = drafts.get(store);
  if (!draft) {
    draft = new Draft();
    drafts.set(store, draft);
  }
  return draft;
}
