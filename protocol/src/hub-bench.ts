/** A hub on a clock that a test moves, with sinks that remember: what tests of the hub stand on. */
import { createHub, type Hub, type HubOptions, type Listener } from './hub.ts';
import { epoch, posted } from './samples.ts';
import { type ManualClock, manualClock, type RecordingSink, recordingSink } from './testing.ts';

export const room = 'thread:t';

export interface Bench {
  clock: ManualClock;
  hub: Hub;
  /** Opens a stream on the room, as the user `ben` with the session `s`, unless told otherwise. */
  open(listener?: Partial<Listener>, sink?: RecordingSink): RecordingSink & { leave(): void };
  post(pos: number, to?: string[], content?: string): void;
}

export function bench(options: Partial<HubOptions> = {}): Bench {
  const clock = manualClock();
  const hub = createHub({ clock, random: () => 0.5, ...options });
  hub.start(epoch, 0);
  return {
    clock,
    hub,
    open(listener = {}, sink = recordingSink()) {
      const leave = hub.subscribe({ sink, topics: [room], user: 'ben', sid: 's', ...listener });
      return Object.assign(sink, { leave });
    },
    post: (pos, to = [room], content = `m${pos}`) => hub.append(posted(pos, content), to),
  };
}

export const at = (pos: number) => `${epoch}.${pos}`;
export const kinds = (sink: RecordingSink) =>
  sink.frames.map(({ event, data }) => (event === 'message' ? `${(data as { pos: number }).pos}` : event));
export const last = (sink: RecordingSink) => sink.frames.at(-1);
