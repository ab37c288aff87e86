/** What somebody unknown costs: a session of the chat, beside a login of the same Payload. */
import { randomBytes } from 'node:crypto';
import { row, title } from '../table.ts';
import { median, rate } from './create.ts';
import { type Host, siteKey } from './host.ts';

async function ask(url: string, body: unknown): Promise<void> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, init);
  const answer = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${answer}`);
}

export async function session(host: Host): Promise<void> {
  title('Session: POST /api/chat/session of a new visitor, against POST /api/users/login');
  const data = { email: 'sessions@example.com', password: randomBytes(12).toString('hex'), name: 'Sessions' };
  await host.payload.create({ collection: 'users', data } as never);
  const login = () => ask(`${host.url}/api/users/login`, { email: data.email, password: data.password });
  const visitor = () => ask(`${host.url}/api/chat/session`, { site: siteKey });
  await rate(1, 20, login);
  await rate(1, 50, visitor);
  const rates = { login: [] as number[], visitor: [] as number[] };
  // In turns, so that a noisy neighbour meets both.
  for (let round = 0; round < 5; round += 1) {
    rates.login.push(await rate(1, 20, login));
    rates.visitor.push(await rate(1, 100, visitor));
  }
  const [sessions, logins] = [median(rates.visitor), median(rates.login)];
  row('sessions per login', sessions / logins, 'wanted >= 5', [
    `session ${(1000 / sessions).toFixed(2)} ms`,
    `login ${(1000 / logins).toFixed(2)} ms`,
  ]);
}
