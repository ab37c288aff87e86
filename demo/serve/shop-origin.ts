/** HOST_PORT: somebody else's shop, on another origin than everything of ours. */
import path from 'node:path';
import { originOf } from './guard.ts';
import { createOrigin } from './origin.ts';

/** `here` is the demo's own folder. */
export function shopOrigin(file: string | undefined, here: string) {
  const shop = path.join(here, 'shop');
  return createOrigin({
    file,
    pages: { '/': path.join(shop, 'index.html') },
    folders: [{ under: '/', folder: shop }],
    values: ({ urls, site }) => ({ edge: urls.edge, site }),
    reach: ({ urls }) => ({ scripts: [originOf(urls.edge)], connects: [originOf(urls.edge)] }),
  });
}
