/**
 * Writes that make no event (a site's first save, a quiet seat, a change that no reader sees) are proven to be committed
 * too: the last of a collection's hooks, after those that tell of it.
 */
import type { CollectionAfterChangeHook, CollectionAfterDeleteHook } from 'payload';
import { noteWrite } from '../log/append.ts';

export const proveChange: CollectionAfterChangeHook = ({ req }) => noteWrite(req);
export const proveDelete: CollectionAfterDeleteHook = ({ req }) => noteWrite(req);
