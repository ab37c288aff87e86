/**
 * The edge on Cloudflare: the Worker proxies, and hands streams and snapshots to the Durable Object of the reader's
 * site, where the hub is. Nothing of a request outlives it here; what does lives in the object.
 */
import { ChatError, headers as wire } from '@payload-chat/protocol';
import { createAddressLimits } from './address-limits.ts';
import { createApp } from './app.ts';
import { createCalendarClock } from './calendar-clock.ts';
import { readConfig } from './config.ts';
import { createCore } from './core.ts';
import { replicaOf } from './replica.ts';
import { scriptHeaders } from './script-headers.ts';
import { dateHeader } from './timer-watch.ts';
import { bearerOf, originOf, type Reader, ticketOrBearerOf } from './tokens.ts';
import type { WorkerEnv } from './worker-env.ts';

export { HubDirectory } from './hub-directory.ts';
export { HubObject } from './hub-object.ts';

type App = ReturnType<typeof createApp<WorkerEnv>>;
let app: App | undefined;

export default {
  fetch(request: Request, env: WorkerEnv): Response | Promise<Response> {
    app ??= createWorkerApp(env);
    return app.fetch(request, env);
  },
};

function createWorkerApp(env: WorkerEnv): App {
  const core = createCore(readConfig({ ...env }), (input, init) => fetch(input, init), createCalendarClock());
  const { tokens } = core;
  return createApp<WorkerEnv>({
    ...core,
    // Of this isolate alone: Cloudflare runs one or more at each of its places.
    limits: createAddressLimits(core.config.addresses, core.clock),
    platform: {
      clientOf: (request) => request.headers.get('CF-Connecting-IP') ?? undefined,
      // Believed here already: no stranger wakes an object.
      async stream(request, _, client) {
        return atHub(request, await tokens.verify(ticketOrBearerOf(request), originOf(request), client));
      },
      async snapshot(request, _, client) {
        return atHub(request, await tokens.verify(bearerOf(request), originOf(request), client));
      },
      async numbers() {
        const ids = await env.DIRECTORY.get(env.DIRECTORY.idFromName('all')).list();
        // An object that does not answer is left out, so that the others are still seen.
        const hubs = await Promise.allSettled(ids.map((id) => env.HUBS.get(env.HUBS.idFromString(id)).numbers()));
        return hubs.flatMap((hub) => (hub.status === 'fulfilled' ? hub.value : []));
      },
      async script(request, file) {
        const asked = new Request(new URL(`/${file}`, request.url), request);
        const found = await env.ASSETS.fetch(asked);
        if (found.status !== 200 && found.status !== 304) return undefined;
        const script = new Response(found.body, found);
        for (const [name, value] of Object.entries(scriptHeaders)) script.headers.set(name, value);
        return script;
      },
    },
  });

  /** The object's own answer, its stream untouched. */
  async function atHub(request: Request, { claims, client }: Reader): Promise<Response> {
    const replica = replicaOf(claims, core.config.replicas, Math.random);
    const hub = env.HUBS.get(env.HUBS.idFromName(JSON.stringify([claims.site, replica])));
    const handed = new Request(request);
    for (const name of Object.values(wire)) handed.headers.delete(name);
    if (client) handed.headers.set(wire.client, client);
    handed.headers.set(dateHeader, String(Date.now()));
    try {
      return await hub.fetch(handed);
    } catch (cause) {
      throw new ChatError('unavailable', { cause }); // The object was moved or overrun: the reader comes back to it.
    }
  }
}
