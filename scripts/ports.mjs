import net from 'node:net';

/**
 * Why nobody can listen on this port of this machine, or null. Both loopback addresses are tried: a browser asks
 * "localhost" at either.
 */
export async function whyNotFree(port) {
  return (await listenFault(port, '127.0.0.1')) ?? (await listenFault(port, '::1'));
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
    if ((await whyNotFree(port)) === null) found.add(port);
  }
  return [...found];
}

function listenFault(port, host) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) => {
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')
        resolve(null); // a machine without IPv6
      else resolve(code === 'EACCES' ? 'needs more rights than we have' : 'is in use by another program');
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
