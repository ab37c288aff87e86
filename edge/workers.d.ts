/**
 * As much of workerd as the Worker uses. The whole of it (`@cloudflare/workers-types`) redeclares the web's globals and
 * can't stand beside Node's.
 */
declare module 'cloudflare:workers' {
  interface ObjectState {
    id: { toString(): string };
    storage: {
      put(key: string, value: unknown): Promise<void>;
      delete(key: string): Promise<boolean>;
      list(): Promise<Map<string, unknown>>;
    };
    waitUntil(promise: Promise<unknown>): void;
    /** Ends the object with all its connections; who asks next has a new one. */
    abort(reason?: string): void;
  }
  abstract class DurableObject<Env = unknown> {
    protected ctx: ObjectState;
    protected env: Env;
    constructor(ctx: ObjectState, env: Env);
  }
}
