/** The switch that cuts the second person's line and puts it back. */
import { byId } from './by-id.ts';
import type { Cable } from './cable.ts';

/** `onCut` runs before the line is cut, while everything stands as it did. */
export function switchLine(cable: Cable, onCut: () => void): void {
  const button = byId<HTMLButtonElement>('line');
  const word = byId('line-word');

  button.addEventListener('click', () => {
    if (cable.isWhole) {
      onCut();
      cable.cut();
    } else cable.mend();
    button.setAttribute('aria-checked', String(cable.isWhole));
    word.textContent = cable.isWhole ? 'Line is connected' : 'Line is cut';
  });
}
