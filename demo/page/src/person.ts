/** One person of the thread: a client signed in as a member of the CMS, and the element that shows it. */
import { type ClientOptions, createClient, type ThreadStore } from '@payload-chat/components';
import type { DemoConfig, Person } from './config.ts';
import { signIn } from './sign-in.ts';

export interface Seat extends Pick<ClientOptions, 'fetch' | 'events' | 'onFrame'> {
  config: DemoConfig;
  person: Person;
}

/** Puts the thread of the two into `card` and answers the store behind it. */
export function seatPerson(card: HTMLElement, { config, person, ...line }: Seat): ThreadStore {
  const { urls, site, threads } = config;
  const getToken = signIn({ ...urls, site, person, fetch: line.fetch ?? fetch.bind(window) });
  const client = createClient({ edge: urls.edge, site, getToken, ...line });

  const thread = document.createElement('chat-thread');
  thread.client = client;
  thread.thread = threads.direct;
  card.querySelector('.seat')?.append(thread);
  return client.open({ thread: threads.direct });
}
