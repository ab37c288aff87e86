/** Why identities were refused: for the developer of the embedding site, in the server's log. A stranger hears nothing. */
import { steadyClock } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { runtime } from '../runtime.ts';
import { originOf } from './origin.ts';

/** Lines of one site in one minute; what is above it is counted and told of with the next one. */
const linesPerMinute = 10;
/** Most sites counted; at the bound the one that began longest ago begins anew. */
const sitesMax = 1000;

interface Minute {
  beganMs: number;
  lines: number;
  passedOver: number;
}

/** Notes one refusal. `reason` names no secret, no token and nobody. */
export function noteRefusal(req: PayloadRequest, site: string, reason: string, nowMs = steadyClock.now()): void {
  const minutes = runtime(req.payload).own('refusals', () => new Map<string, Minute>());
  let minute = minutes.get(site);
  if (!minute || nowMs - minute.beganMs >= 60_000) {
    minute = { beganMs: nowMs, lines: 0, passedOver: minute?.passedOver ?? 0 };
    minutes.delete(site);
    minutes.set(site, minute);
    if (minutes.size > sitesMax) minutes.delete(minutes.keys().next().value as string);
  }
  minute.lines += 1;
  if (minute.lines > linesPerMinute) {
    minute.passedOver += 1;
    return;
  }
  const { passedOver } = minute;
  minute.passedOver = 0;
  req.payload.logger.warn({
    msg: `An identity for site ${site} was refused: ${reason}.`,
    site,
    origin: originOf(req)?.slice(0, 256),
    ...(passedOver ? { passedOver } : {}),
  });
}
