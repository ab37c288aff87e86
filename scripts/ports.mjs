import net from 'node:net';

/** Does nobody listen on this port of this machine? Both loopback addresses are tried: a browser asks "localhost" at either. */
export async function isFree(port) {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'));
}

/**
 * `count` free ports. They lie below those that the system gives to outgoing connections, so that none is taken
 * between this look and its use by a mere request; two test runs at once draw at random.
 */
export async function freePorts(count) {
  const found = new Set();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 1000) throw new Error(`found ${found.size} of ${count} free ports in 1,000 tries`);
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function canListen(port, host) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) =>
      resolve(code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
