/** What the client hands to the part of it that `chat.js` fetches later: that part has no copy of its own. */
import { limits, message, object, snapshot as snapshotShape } from '@payload-chat/protocol';

/** Messages in a page. */
export const pageMessages = 50;

export const core = {
  limits: {
    contentChars: limits.contentChars,
    typingEveryMs: limits.typingEveryMs,
    typingShownMs: limits.typingShownMs,
  },
  docAnswer: object({ doc: message }),
  pageMessages,
  snapshotShape,
};
