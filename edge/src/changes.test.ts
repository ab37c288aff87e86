import { expect, it } from 'vitest';
import { createChanges, maxChanges } from './changes.ts';

const epoch = 'aaaaaaaaaaaa';

it('no more changes are remembered than the bound; an answer from before the oldest of them is taken for outdated', () => {
  const changes = createChanges();
  changes.start(epoch, 0);
  const left = (pos: number) =>
    changes.see({ type: 'participant.left', pos, thread: 'other', seq: pos, at: '', actor: null });
  for (let pos = 1; pos <= maxChanges; pos += 1) left(pos);
  expect(changes.size).toBe(maxChanges);
  // All that has changed is known, and nothing of it was of this thread.
  expect(changes.since(`${epoch}.0`, 't')).toBe(false);
  left(maxChanges + 1);
  expect(changes.size).toBe(maxChanges);
  // The first is forgotten: it may have been of any thread.
  expect(changes.since(`${epoch}.0`, 't')).toBe(true);
  expect(changes.since(`${epoch}.1`, 't')).toBe(false);
});
