/** SSE clients that others wrote, each as a `Client`. */
import type { Frame } from '@payload-chat/protocol';
import { EventSource } from 'eventsource';
import { Agent, fetch, EventSource as UndiciEventSource } from 'undici';
import type { Client, ClientEvents } from './plain.ts';

/** Every name that a hop gives a frame; `message` is the default. */
export const frameNames = ['hello', 'snapshot', 'message', 'ready', 'signal', 'ping', 'reset', 'bye'] as const;

/** What an EventSource tells of a block: the last id, which may be that of an earlier one. */
interface Told {
  type: string;
  data: string;
  lastEventId: string;
}

export function frameOf({ type, data, lastEventId }: Told): Frame {
  const carriesId = type === 'message' || type === 'ready' || type === 'ping';
  return { event: type, id: carriesId ? lastEventId || undefined : undefined, data: jsonOf(data) };
}

function jsonOf(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** The npm package `eventsource`: headers by a fetch of our own. */
export function openEventsource(url: string, headers: Record<string, string>, events: ClientEvents): Client {
  const agent = new Agent({ connectTimeout: 5000 });
  const source = new EventSource(url, {
    fetch: (input, init) =>
      fetch(input, {
        ...init,
        headers: { ...init.headers, ...headers },
        redirect: 'manual',
        dispatcher: agent,
      } as never) as never,
  });
  listen(source as never, events);
  return {
    close() {
      source.close();
      void agent.destroy();
    },
  };
}

/** The EventSource of undici, which can't send headers: the URL carries a ticket. */
export function openUndici(url: string, events: ClientEvents): Client {
  const agent = new Agent({ connectTimeout: 5000 });
  const source = new UndiciEventSource(url, { node: { dispatcher: agent } } as never);
  listen(source as never, events);
  return {
    close() {
      source.close();
      void agent.destroy();
    },
  };
}

interface Source {
  readyState: number;
  addEventListener(name: string, run: (event: never) => void): void;
}

function listen(source: Source, events: ClientEvents) {
  for (const name of frameNames) source.addEventListener(name, (event: Told) => events.frame(frameOf(event)));
  source.addEventListener('error', (fault: { code?: number }) => {
    if (source.readyState !== 2) events.lost();
    else events.end(fault.code === undefined ? 'broken' : 'refused');
  });
}
