/** The fake edge behind the test runner's own origin, for pages that know it by their attributes alone. */
import { Readable } from 'node:stream';
import { createFakeEdge } from './fake-edge.ts';

export function mountedEdge() {
  const edge = createFakeEdge();
  edge.addUser({ id: 'm_9', name: 'Maya Lindqvist', kind: 'agent' });
  const room = edge.makeRoom('lobby', { title: 'The lobby' });
  edge.post('m_9', room, 'Doors open at **seven**.');
  edge.post('m_9', edge.makeRoom('plain', { title: 'Without marks' }), 'Doors open at seven.');
  return {
    close: () => edge.close(),
    /** A middleware of Koa. */
    async serve(context, next) {
      // What a site's own backend answers whoever is logged in there.
      const user = /^\/my-token\/(\w+)$/.exec(context.path)?.[1];
      if (user) context.body = JSON.stringify(await edge.getToken(user)());
      if (!/^(\/edge)?\/api\//.test(context.path)) return user ? undefined : next();
      const { method, href, headers } = context;
      const body = method === 'GET' ? undefined : await new Response(Readable.toWeb(context.req)).text();
      const answer = await edge.answer(new Request(href, { method, headers, ...(body ? { body } : {}) }));
      context.status = answer.status;
      for (const [name, value] of answer.headers) context.set(name, value);
      context.body = answer.body && Readable.fromWeb(answer.body);
    },
  };
}
