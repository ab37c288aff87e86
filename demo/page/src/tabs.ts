/** Below 720 px the two people stand in tabs; above, side by side and without any. */
import { byId } from './by-id.ts';

export function makeTabs(): void {
  const list = document.querySelector('[role="tablist"]') as HTMLElement;
  const tabs = [...list.querySelectorAll<HTMLElement>('[role="tab"]')];
  const panels = tabs.map((tab) => byId(tab.getAttribute('aria-controls') as string));
  const narrow = matchMedia('(max-width: 719px)');
  let chosen = 0;

  function show() {
    list.hidden = !narrow.matches;
    for (const [index, tab] of tabs.entries()) {
      const isChosen = index === chosen;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = panels[index] as HTMLElement;
      panel.hidden = narrow.matches && !isChosen;
      if (narrow.matches) panel.setAttribute('role', 'tabpanel');
      else panel.removeAttribute('role');
      panel.setAttribute('aria-labelledby', narrow.matches ? tab.id : `${panel.id}-title`);
    }
  }

  function choose(index: number) {
    chosen = (index + tabs.length) % tabs.length;
    show();
    tabs[chosen]?.focus();
  }

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => choose(index));
    tab.addEventListener('keydown', ({ key }) => {
      if (key === 'ArrowRight' || key === 'ArrowLeft') choose(index + (key === 'ArrowRight' ? 1 : -1));
    });
  }
  narrow.addEventListener('change', show);
  show();
}
