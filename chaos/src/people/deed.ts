/**
 * Doing one thing by the rules: the same request again, with the same localId, until somebody of the chat says a last
 * word. 408, 425, 429 and 5xx are tried again, and so is everything that is neither a refusal nor the chat's own answer.
 */
import { methodOf, pathOf, type RouteName } from '@payload-chat/protocol';
import type { Act, Doc } from './act.ts';
import { type Answer, ask } from './ask.ts';
import type { Person } from './person.ts';

export interface Deeds {
  acts: Act[];
  /** When nobody tries any more, in ms since 1970; moved on by the run. */
  endMs: number;
  /** 0 to 1. */
  random(): number;
}

const passing = new Set([408, 425, 429]);

/** Comes back with the act, answered or given up. */
export async function perform(
  deeds: Deeds,
  person: Person,
  begun: Omit<Act, 'by' | 'site' | 'beganMs' | 'tries'>,
  route: RouteName,
  params: Record<string, string> = {},
  body?: unknown,
): Promise<Act> {
  const act: Act = { ...begun, by: person.id, site: person.site, beganMs: Date.now(), tries: 0 };
  deeds.acts.push(act);
  while (Date.now() < deeds.endMs) {
    act.tries += 1;
    const answer = await ask(person.at() + pathOf(route, params), {
      method: methodOf(route),
      body,
      headers: person.headers(),
    }).catch(() => undefined);
    if (answer && (await isLast(answer, person, act))) {
      const { doc, errors } = answer.body as { doc?: Doc; errors?: Array<{ code?: string }> };
      act.answer = { status: answer.status, atMs: Date.now(), doc, code: errors?.[0]?.code };
      if (doc && act.does === 'post') act.message = doc.id;
      return act;
    }
    const waitMs = Math.min(answer?.retryAfterS ?? 0, 2) * 1000 + 50 + deeds.random() * 250;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return act;
}

async function isLast({ status, body }: Answer, person: Person, { does }: Act): Promise<boolean> {
  // Logged out already, by an attempt whose answer was lost.
  if (status === 401 && does !== 'logout') {
    await person.renew().catch(() => {}); // The next attempt tells.
    return false;
  }
  if (passing.has(status) || status >= 500) return false;
  // Neither the chat's own word: a page of somebody on the way.
  if (typeof body !== 'object' || body === null) return false;
  return status >= 400 ? 'errors' in body : status < 300 && ('doc' in body || 'message' in body);
}
