/** Exporting and erasing one person: for admins, at the server alone. */
import { ChatError } from '@payload-chat/protocol';
import type { Endpoint, PayloadRequest } from 'payload';
import { noteReading } from '../privacy/access-log.ts';
import { type Admin, someAdmin } from '../privacy/admin.ts';
import { erasePerson } from '../privacy/erase.ts';
import { exportPerson } from '../privacy/export.ts';
import { json, serverEndpoint } from './endpoint.ts';
import { pathParam } from './visible-thread.ts';

export const exportEndpoint: Endpoint = serverEndpoint('get', '/chat/people/:id/export', async (req) => {
  const admin = await someAdmin(req);
  const id = named(req);
  const body = await exportPerson(req, id);
  note(req, admin, 'export', id);
  return new Response(body, {
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Disposition': `attachment; filename="${id.replace(/[^\w-]/g, '')}.json"`,
      'Cache-Control': 'no-store',
    },
  });
});

export const eraseEndpoint: Endpoint = serverEndpoint('post', '/chat/people/:id/erase', async (req) => {
  const admin = await someAdmin(req);
  const id = named(req);
  const { messages } = await erasePerson(req, id, admin.user);
  note(req, admin, 'erase', id);
  return json({ message: 'Erased.', messages });
});

function named(req: PayloadRequest): string {
  const id = pathParam(req, 'id');
  if (!id) throw new ChatError('not-found');
  return id;
}

const note = (req: PayloadRequest, admin: Admin, what: 'export' | 'erase', person: string) =>
  noteReading(req, { ...admin, what, site: '', thread: person });
