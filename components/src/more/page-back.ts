import type { ChatThread } from '../thread/thread-element.ts';
import type { ThreadView } from '../view.ts';

/** Closer to the top than this, in pixels, older messages are asked for. */
const olderPx = 600;

export function pageBack(thread: ChatThread, { hasOlder, loadingOlder }: ThreadView): void {
  if (!hasOlder || loadingOlder || thread._tried || (thread._at('.lg')?.scrollTop ?? olderPx) >= olderPx) return;
  thread._store?.loadOlder().catch(() => {
    thread._tried = true; // Asked again when the reader scrolls on.
  });
}
