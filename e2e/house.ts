/** The whole house for one test file: started before its first test, stopped and swept away after its last. */
import { afterAll, beforeAll } from 'vitest';
import { startTestStack } from '../scripts/test-stack.mjs';

type Options = NonNullable<Parameters<typeof startTestStack>[0]>;
export type House = Awaited<ReturnType<typeof startTestStack>> & {
  demo: NonNullable<Awaited<ReturnType<typeof startTestStack>>['demo']>;
};

/** Answers a function that gives the house to whoever is in a test by then. */
export function house(options: Options = {}): () => House {
  let started: House | undefined;
  beforeAll(async () => {
    const stack = await startTestStack({ ...options, report: (line) => console.log(line) });
    if (!stack.demo) throw new Error('the stack came up without a demo.json');
    started = { ...stack, demo: stack.demo };
  });
  afterAll(() => started?.stop());
  return () => {
    if (!started) throw new Error('the house does not stand yet');
    return started;
  };
}
