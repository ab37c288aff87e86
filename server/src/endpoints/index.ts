/** Every HTTP handler of the chat, merged by the plugin into Payload's own. */
import type { RouteName } from '@payload-chat/protocol';
import type { Endpoint } from 'payload';
import { preflights } from './endpoint.ts';
import { grantEndpoint } from './grant.ts';
import { healthEndpoint, metricsEndpoint } from './health.ts';
import { eraseEndpoint, exportEndpoint } from './people.ts';
import { readEndpoint, typingEndpoint } from './receipts.ts';
import { leaveEndpoint, unseatEndpoint } from './seats.ts';
import { editEndpoint, removeEndpoint, sendEndpoint } from './send.ts';
import { claimEndpoint, jwksEndpoint, logoutEndpoint, sessionEndpoint, ticketEndpoint } from './session.ts';
import { snapshotEndpoint } from './snapshot.ts';
import { streamEndpoint } from './stream.ts';
import { threadsEndpoint } from './threads.ts';

const chatRoutes = [
  'session',
  'jwks',
  'ticket',
  'claim',
  'logout',
  'unseat',
  'threads',
  'snapshot',
  'read',
  'typing',
  'grant',
  'health',
  'metrics',
] as const satisfies RouteName[];

/** Under `/api`. */
export const chatEndpoints: Endpoint[] = [
  ...preflights(chatRoutes),
  sessionEndpoint,
  jwksEndpoint,
  ticketEndpoint,
  claimEndpoint,
  logoutEndpoint,
  unseatEndpoint,
  threadsEndpoint,
  snapshotEndpoint,
  readEndpoint,
  typingEndpoint,
  grantEndpoint,
  healthEndpoint,
  metricsEndpoint,
  exportEndpoint,
  eraseEndpoint,
];

/** Under `/api/messages`, before Payload's own. */
export const messageEndpoints: Endpoint[] = [
  ...preflights(['stream', 'send', 'edit', 'remove']),
  streamEndpoint,
  sendEndpoint,
  editEndpoint,
  removeEndpoint,
];

/** Under `/api/participants`, before Payload's own. */
export const participantEndpoints: Endpoint[] = [...preflights(['leave']), leaveEndpoint];
