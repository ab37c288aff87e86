import type { Payload } from 'payload';
import type { Environment } from './environment.ts';

export async function seed(_payload: Payload, _environment: Environment): Promise<void> {}
