/** Who listens to what at one hub: found by topic, never by asking every subscriber. */
import type { Subscriber } from './subscriber.ts';

export interface Audience {
  /** Everybody, service streams included. */
  readonly all: ReadonlySet<Subscriber>;
  /** Service streams: they hear everything. */
  readonly services: ReadonlySet<Subscriber>;
  /** Those who lost a topic that a later event may give back. */
  readonly partial: ReadonlySet<Subscriber>;
  /** Listeners of a topic. */
  of(topic: string): ReadonlySet<Subscriber>;
  add(subscriber: Subscriber): void;
  listen(subscriber: Subscriber, topic: string): void;
  /** `forGood`: not even a later joining gives it back. */
  unlisten(subscriber: Subscriber, topic: string, forGood?: boolean): void;
  remove(subscriber: Subscriber): void;
}

const nobody: ReadonlySet<Subscriber> = new Set();

export function createAudience(): Audience {
  const all = new Set<Subscriber>();
  const services = new Set<Subscriber>();
  const partial = new Set<Subscriber>();
  const byTopic = new Map<string, Set<Subscriber>>();

  function unindex(subscriber: Subscriber, topic: string) {
    const set = byTopic.get(topic);
    set?.delete(subscriber);
    if (set?.size === 0) byTopic.delete(topic);
  }

  return {
    all,
    services,
    partial,
    of: (topic) => byTopic.get(topic) ?? nobody,
    add(subscriber) {
      all.add(subscriber);
      if (subscriber.service) services.add(subscriber);
    },
    listen(subscriber, topic) {
      subscriber.topics.add(topic);
      const set = byTopic.get(topic);
      if (set) set.add(subscriber);
      else byTopic.set(topic, new Set([subscriber]));
    },
    unlisten(subscriber, topic, forGood = false) {
      if (forGood) subscriber.asked.delete(topic);
      else if (subscriber.asked.has(topic)) partial.add(subscriber);
      if (subscriber.topics.delete(topic)) unindex(subscriber, topic);
    },
    remove(subscriber) {
      for (const topic of subscriber.topics) unindex(subscriber, topic);
      all.delete(subscriber);
      services.delete(subscriber);
      partial.delete(subscriber);
    },
  };
}
