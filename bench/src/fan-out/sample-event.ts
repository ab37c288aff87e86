/** The event that both broadcasters send: a message of ordinary length, so that both write the same bytes. */
import type { WireEvent } from '@payload-chat/protocol';

export const benchEpoch = '0123456789ab';
export const benchTopic = 'thread:bench';

export function sampleEvent(pos: number): WireEvent {
  const at = new Date(1_780_000_000_000 + pos).toISOString();
  return {
    type: 'message.posted',
    pos,
    thread: 'bench',
    seq: pos,
    at,
    actor: 'm_1',
    message: {
      id: `message-${pos}`,
      thread: 'bench',
      sender: { id: 'm_1', name: 'Ana Ferreira', kind: 'member' },
      content: 'Two seats, quiet coach, 31.80 each. The train leaves at 9:12.',
      localId: `local-${pos}`,
      timestamp: at,
      seq: pos,
      changed: pos,
    },
  };
}
