/** Starts Payload with the process, so that what is missing is said at once and streams find a running tail. */
import { getPayload } from 'payload';
import { bePatientFor } from './endpoints/patience.ts';

export async function startServer(): Promise<void> {
  bePatientFor();
  try {
    // Inside the try: the config is what says that a variable is missing.
    const { default: config } = await import('@payload-config');
    await getPayload({ config });
  } catch (error) {
    console.error(`\nThe server can't start: ${(error as Error).message}\n`);
    process.exit(1);
  }
}
