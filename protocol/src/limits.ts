/** What the hops bound clients with; the page has no use for it, so it is an entry of its own. */
export * from './address-block.ts';
export * from './allowance.ts';
export * from './client-address.ts';
export * from './places.ts';
