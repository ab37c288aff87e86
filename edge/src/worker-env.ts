/** What wrangler.toml binds, as far as it is used. Secrets and variables are read by `readConfig`. */
import type { HubNumbers } from './hubs.ts';

export interface WorkerEnv {
  HUBS: Namespace<HubStub>;
  DIRECTORY: Namespace<DirectoryStub>;
  /** `components/dist`. */
  ASSETS: { fetch(request: Request): Promise<Response> };
}

interface ObjectId {
  toString(): string;
}

interface Namespace<Stub> {
  idFromName(name: string): ObjectId;
  idFromString(id: string): ObjectId;
  get(id: ObjectId): Stub;
}

interface HubStub {
  fetch(request: Request): Promise<Response>;
  numbers(): Promise<HubNumbers[]>;
}

interface DirectoryStub {
  enter(id: string): Promise<void>;
  leave(id: string): Promise<void>;
  list(): Promise<string[]>;
}
