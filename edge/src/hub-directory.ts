/** Which objects hold a hub: one small Durable Object, asked by metrics alone. */
import { DurableObject } from 'cloudflare:workers';

export class HubDirectory extends DurableObject {
  async enter(id: string): Promise<void> {
    await this.ctx.storage.put(id, true);
  }

  async leave(id: string): Promise<void> {
    await this.ctx.storage.delete(id);
  }

  async list(): Promise<string[]> {
    return [...(await this.ctx.storage.list()).keys()];
  }
}
