/** The page: two people, each with a client of their own, and what the second one's line carries. */
import '@payload-chat/components/thread';
import { byId } from './by-id.ts';
import { createCable } from './cable.ts';
import { loadConfig } from './config.ts';
import { makeCopyButtons } from './copy.ts';
import { switchLine } from './line-switch.ts';
import { showLogins } from './logins.ts';
import { seatPerson } from './person.ts';
import { showStatus } from './status.ts';
import { streamColumn } from './stream-column.ts';
import { makeTabs } from './tabs.ts';

makeTabs();
makeCopyButtons();

try {
  const config = await loadConfig();
  const [first, second] = config.people.filter(({ kind }) => kind === 'member');
  if (!first || !second) throw new Error('demo.json names fewer than two members.');
  showLogins(config.people.filter(({ kind }) => kind !== 'member'));

  const column = streamColumn();
  const cable = createCable(fetch.bind(window), window);
  const one = seatPerson(byId('first'), { config, person: first });
  const two = seatPerson(byId('second'), {
    config,
    person: second,
    fetch: cable.fetch,
    events: cable.events,
    onFrame: column.take,
  });
  showStatus(one);
  switchLine(cable, () => column.cut(two.view));
} catch (fault) {
  const line = byId('fault');
  line.hidden = false;
  line.textContent = fault instanceof Error ? fault.message : 'The demo could not start.';
}
