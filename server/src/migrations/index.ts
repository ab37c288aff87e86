/** Migrations of the ready app's own database; a host makes its own with `payload migrate:create`. */
import * as first from './20261124_000000_first.ts';
import * as identity from './20261124_120000_identity.ts';
import * as sites from './20261124_180000_sites.ts';

export const migrations = [
  { name: '20261124_000000_first', up: first.up, down: first.down },
  { name: '20261124_120000_identity', up: identity.up, down: identity.down },
  { name: '20261124_180000_sites', up: sites.up, down: sites.down },
];
