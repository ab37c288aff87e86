/** A hop over the fake server: the server itself, or an edge in front of it. */
import type { FakeServer } from './fake-server.ts';
import type { Hop } from './hop.ts';

export const pageOrigin = 'https://shop.example';

export function hopOver(server: FakeServer, url: string, close: () => Promise<void>): Hop {
  return {
    url,
    origin: pageOrigin,
    edgeKey: server.edgeKey,
    site: server.site.key,
    room: 'lobby',
    async session(who, { lifeS, fromPage } = {}) {
      const token = await server.token(who, {
        ...(lifeS ? { lifeS } : {}),
        ...(fromPage ? { origin: pageOrigin } : {}),
      });
      return { token, user: `m_${who}` };
    },
    async flood(count, content) {
      const room = server.site.room('lobby');
      if (!room) throw new Error('no lobby');
      const sender = server.site.user('m_bo');
      for (let sent = 0; sent < count; sent += 1) {
        server.site.post(room, sender, content);
        // In turns, as a server would: nobody else's frames wait for all of it.
        if (sent % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    close,
  };
}
