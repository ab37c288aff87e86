import type { Log } from '../thread/log.ts';

/** At the first sight of a thread: the end is shown, or the first new message where not all that is new fits. */
export function toNew(log: Log, box: HTMLElement, divider: HTMLElement | undefined): void {
  const above = divider ? box.getBoundingClientRect().top - divider.getBoundingClientRect().top : 0;
  if (above <= 0) return;
  box.scrollTop -= above;
  log._follow = false;
  log._mark();
}
