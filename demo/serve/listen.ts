/** Listening on this machine alone, at both of its addresses: a browser asks "localhost" at either. */
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';

type Fetch = (request: Request) => Response | Promise<Response>;

/**
 * Answers a function that stops listening and ends what is open.
 * @throws Error with one line that names the port and its variable.
 */
export async function listenHere(fetch: Fetch, port: number, variable: string): Promise<() => void> {
  const servers: Server[] = [];
  const stop = () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  for (const host of ['127.0.0.1', '::1']) {
    const server = createAdaptorServer({ fetch }) as Server;
    try {
      await listening(server, port, host);
      servers.push(server);
    } catch (fault) {
      const code = (fault as NodeJS.ErrnoException).code;
      if (host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue; // No IPv6 here.
      stop();
      throw new Error(
        code === 'EADDRINUSE'
          ? `Port ${port} is taken: set ${variable} to a free one.`
          : `Port ${port} (${variable}) can't be listened to: ${code ?? fault}`,
      );
    }
  }
  return stop;
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, resolve);
  });
}
