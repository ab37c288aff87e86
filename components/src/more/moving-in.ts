/** What comes live at the end moves in. */
export function moveIn(line: HTMLElement): void {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  line.animate([{ opacity: 0, translate: still ? '0' : '0 4px' }, {}], {
    duration: 200,
    easing: 'cubic-bezier(.2,0,0,1)',
  });
}
