/** One frame in the words of a log's line. Nothing of its data is believed before it was looked at. */

interface Frame {
  event: string;
  id: string | undefined;
  data: unknown;
}

export function describeFrame({ event, data }: Frame): string {
  switch (event) {
    case 'hello': {
      const [epoch = '', pos = ''] = (text(data, 'cursor') ?? '').split('.');
      const pingMs = at(data, 'pingMs');
      return `cursor ${shortEpoch(epoch)}.${pos}, ping ${typeof pingMs === 'number' ? Math.round(pingMs / 1000) : '?'} s`;
    }
    case 'ready':
      return 'caught up';
    case 'message':
      return describeEvent(data);
    case 'signal':
      return describeSignal(data);
    case 'snapshot': {
      const messages = at(data, 'messages');
      return `${Array.isArray(messages) ? messages.length : 0} messages`;
    }
    default:
      return text(data, 'reason') ?? '';
  }
}

/** Of a hello. */
export const epochOf = (data: unknown): string | undefined => text(data, 'epoch');

/** Enough of an epoch's twelve characters to tell two apart by eye. */
export const shortEpoch = (epoch: string): string => epoch.slice(0, 4);

/** Where a durable event stands in its thread. */
export function seatOf(data: unknown): { thread: string | undefined; seq: number | undefined } {
  const seq = at(data, 'seq');
  return { thread: text(data, 'thread'), seq: typeof seq === 'number' ? seq : undefined };
}

/** A message's words in a line. */
export interface Words {
  /** What was done with it. */
  verb: string;
  message: string;
  sender: string | undefined;
}

export function wordsOf({ data }: Frame): Words | undefined {
  const [noun, verb = ''] = (text(data, 'type') ?? '').split('.');
  const message = text(data, 'message', 'id');
  return noun === 'message' && message ? { verb, message, sender: text(data, 'message', 'sender', 'id') } : undefined;
}

/** What an event leaves of a message's words. */
export function newWordsIn({ event, data }: Frame): { message: string; content: string } | undefined {
  const message = text(data, 'message', 'id');
  if (event !== 'message' || message === undefined || text(data, 'type') === 'message.posted') return undefined;
  return { message, content: contentOf(data) ?? '' };
}

/** Who was erased by an event. */
export const erasedIn = ({ data }: Frame): string | undefined =>
  text(data, 'type') === 'user.erased' ? text(data, 'user', 'id') : undefined;

const contentOf = (data: unknown) => text(data, 'message', 'content')?.replace(/\s+/g, ' ');

function describeEvent(data: unknown): string {
  const [noun = '', verb = ''] = (text(data, 'type') ?? 'unknown').split('.');
  const content = contentOf(data);
  const who = text(data, 'participant', 'user', 'name');
  const told = noun === 'message' ? verb : `${noun} ${verb}`;
  return content || who ? `${told} · ${content || who}` : told;
}

function describeSignal(data: unknown): string {
  const who = (text(data, 'user', 'name') ?? 'somebody').split(' ')[0];
  const type = text(data, 'type');
  if (type === 'typing') return `${who} is typing`;
  if (type === 'receipt') return `receipt · ${who} has read ${at(data, 'seq') ?? '?'}`;
  return type ?? '';
}

function at(data: unknown, ...path: string[]): unknown {
  let here = data;
  for (const name of path)
    here = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[name] : undefined;
  return here;
}

function text(data: unknown, ...path: string[]): string | undefined {
  const found = at(data, ...path);
  return typeof found === 'string' ? found : undefined;
}
