/** Asking hops past their lines, when all is quiet. */
import { type Frame, frameDecoder, parseCursor } from '@payload-chat/protocol';
import { streamPath } from './readers/reader.ts';

/** The frames of one stream up to its `ready`, or to its end. @throws when there is neither within the time */
export async function readToReady(url: string, headers: Record<string, string>, withinMs = 10_000): Promise<Frame[]> {
  const abort = new AbortController();
  const timer = setTimeout(
    () => abort.abort(new Error(`No ready within ${withinMs} ms at ${url.split('?')[0]}`)),
    withinMs,
  );
  try {
    const response = await fetch(url, { headers: { Accept: 'text/event-stream', ...headers }, signal: abort.signal });
    if (response.status !== 200 || !response.body) throw new Error(`${url.split('?')[0]} answered ${response.status}`);
    const frames: Frame[] = [];
    const feed = frameDecoder((frame) => frames.push(frame));
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      feed(value);
      if (frames.some(({ event }) => event === 'ready' || event === 'reset' || event === 'bye')) break;
    }
    return frames;
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** The epoch that a server speaks of now. */
export async function epochAt(server: string, site: string, edgeKey: string): Promise<string> {
  const frames = await readToReady(`${server}${streamPath(['*'], { site, tail: '1' })}`, { 'X-Chat-Edge': edgeKey });
  return parseCursor((frames[0]?.data as { cursor?: string } | undefined)?.cursor)?.epoch ?? '';
}

/** `chat_hub_readers` and the like, by site. */
export async function numbersAt(hop: string, edgeKey: string): Promise<Record<string, Record<string, number>>> {
  const response = await fetch(`${hop}/api/chat/metrics`, { headers: { 'X-Chat-Edge': edgeKey } });
  const found: Record<string, Record<string, number>> = {};
  for (const [, name = '', site = '', value] of (await response.text()).matchAll(/^(\w+)\{site="([^"]*)"\} (\S+)/gm))
    found[name] = { ...found[name], [site]: Number(value) };
  return found;
}
