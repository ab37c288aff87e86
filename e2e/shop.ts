/** A page of the test's own at the shop's address, in the place of the demo's. */
import { createServer, type RequestListener } from 'node:http';
import { afterAll, beforeAll } from 'vitest';
import type { house } from './house.ts';

export function serveAsShop(stack: ReturnType<typeof house>, answer: RequestListener): void {
  const shop = createServer(answer);
  beforeAll(async () => {
    await stack().halt('demo');
    await new Promise<void>((resolve) => shop.listen(stack().ports.host, '127.0.0.1', resolve));
  });
  afterAll(() => {
    shop.closeAllConnections();
    shop.close();
  });
}
