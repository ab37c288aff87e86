/**
 * Whether something on the way holds the pieces of a stream back that is open (SPEC: Streams that are held back). A hop
 * says with `hello` and `ping` what its own clock showed: how much later a frame arrived than the quickest one is known
 * without knowing what the clocks differ by. What is late is late against an answer that was over at once, too.
 */
import type { Clock, LineEvent } from '@payload-chat/protocol';

/** What is later than this is late. */
const lateMs = 2500;
/** Late ones in succession, over so long: what a page that slept finds waiting for it comes at one moment. */
const apartMs = 8000;
/** So far from each other they are not in succession, and so far apart are only the clocks of two hops. */
const togetherMs = 60_000;
/** So long without a late one, and the line is good again. */
const goodMs = 30_000;
/** How long a short answer may take. */
const shortMs = 5000;

/**
 * Answers what every event of a line is to be told to. `ask` opens a stream from a cursor; `tell` hears that the current one
 * is held back, again with each ping that is, and when it is no more.
 */
export function createLateness(
  clock: Clock,
  ask: (cursor: string, signal: AbortSignal) => Promise<Response>,
  tell: (why?: 'buffered') => void,
) {
  let askedMs: number | undefined;
  /** The reader's clock less the hop's, by the frame of this stream that came quickest. */
  let leastMs = Infinity;
  /** All of them may be late: the first came slowly, or was not seen. */
  let doubted = true;
  /** One per stream. */
  let stream = {};
  /** When the first and the last of late ones in succession came. */
  let firstMs = 0;
  let lastMs = -Infinity;
  let held = false;

  /**
   * Compares with a short answer: by a cursor that is none a stream ends after its `hello`. One of another hop, whose clock
   * is anywhere, says nothing.
   */
  async function check(gapMs: number): Promise<boolean> {
    const mine = stream;
    const text = await ask('0', AbortSignal.timeout(shortMs))
      .then((answer) => answer.text())
      .catch(() => '');
    const boundMs = clock.now() - Number(/"atMs":(\d+)/.exec(text)?.[1]);
    if (mine !== stream || !(Math.abs(gapMs - boundMs) < togetherMs)) return false;
    leastMs = Math.min(boundMs, gapMs);
    return true;
  }

  return async (event: LineEvent): Promise<void> => {
    const nowMs = clock.now();
    if (event.is === 'attempt') askedMs = nowMs;
    if (event.is !== 'frame' || !/hello|ping/.test(event.frame.event)) return;
    // No number where a hop does not say it: of such a stream nothing is late.
    const gapMs = nowMs - Number((event.frame.data as { atMs?: unknown } | undefined | null)?.atMs);
    leastMs = Math.min(leastMs, gapMs);
    if (event.frame.event === 'hello') {
      stream = {};
      leastMs = gapMs;
      doubted = !(nowMs - (askedMs as number) < lateMs);
      return;
    }
    // A page that nobody sees may be kept asleep.
    if (globalThis.document?.hidden) return;
    const mine = stream;
    const isLate = () => mine === stream && gapMs - leastMs > lateMs;
    if (doubted) {
      doubted = false;
      await check(gapMs);
    }
    if (isLate()) {
      if (!(nowMs - lastMs < togetherMs)) firstMs = nowMs;
      lastMs = nowMs;
      held ||= nowMs - firstMs > apartMs && (await check(gapMs)) && isLate();
      if (held) tell('buffered');
    } else if (!held || nowMs - lastMs > goodMs) {
      lastMs = -Infinity;
      if (held) tell();
      held = false;
    }
  };
}
