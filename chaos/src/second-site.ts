/** A second site in the same house, of which the first must never hear (S8). */
import { randomBytes } from 'node:crypto';
import type { House } from './house/house.ts';
import { ask } from './people/ask.ts';
import type { Site } from './people/person.ts';

export async function makeSecondSite(house: House): Promise<Site> {
  const admin = house.seed.people.find(({ kind }) => kind === 'admin');
  if (!admin) throw new Error('The seed made no admin.');
  const server = house.directUrlOf('server-a');
  const { email, password } = admin;
  const login = await ask(`${server}/api/users/login`, { method: 'POST', body: { email, password } });
  const authorization = `JWT ${(login.body as { token: string }).token}`;
  const secret = { kid: 'chaos', value: randomBytes(32).toString('base64url') };
  const make = async (collection: string, body: object) => {
    const answer = await ask(`${server}/api/${collection}`, { method: 'POST', body, authorization });
    if (answer.status !== 201) throw new Error(`No ${collection} could be made: ${answer.status} ${answer.text}`);
  };
  await make('sites', { key: 'elsewhere', name: 'Elsewhere', visitors: true, secrets: [secret] });
  await make('threads', { site: 'elsewhere', kind: 'room', key: 'lobby', title: 'Lobby', public: true });
  return { key: 'elsewhere', secret };
}
