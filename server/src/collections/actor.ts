/** Who did it, for the log. */
import type { PayloadRequest } from 'payload';
import { accountOf } from '../access/reader.ts';
import { noteOf } from '../log/commit-proof.ts';

const acting = new WeakSet<PayloadRequest>();

/** Says for this transaction who acts. Called by the chat's operations. */
export async function actAs(req: PayloadRequest, user: string): Promise<void> {
  (await noteOf(req)).memo.set('actor', user);
  acting.add(req);
}

/** Whether an operation of the chat runs in this request: it makes its own answer. */
export function isActing(req: PayloadRequest): boolean {
  return acting.has(req);
}

/** The chat user who acts in this transaction; the account behind the panel; `null` for the host's own code. */
export async function actorOf(req: PayloadRequest): Promise<string | null> {
  const said = (await noteOf(req)).memo.get('actor') as string | undefined;
  const account = accountOf(req);
  return said ?? (account ? `m_${account.id}` : null);
}
