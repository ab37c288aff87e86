/** What the client hands to the part of it that `chat.js` fetches later: that part has no copy of its own. */
import { limits, message, object, type Parser, snapshot as snapshotShape } from '@payload-chat/protocol';

/** Messages in a page. */
export const pageMessages = 50;

const anything: Parser<true> = () => true;

export const core = {
  limits: {
    contentChars: limits.contentChars,
    typingEveryMs: limits.typingEveryMs,
    typingShownMs: limits.typingShownMs,
  },
  anything,
  docAnswer: object({ doc: message }),
  pageMessages,
  snapshotShape,
};
