/**
 * What gathered, in one chunk for each who hears any of it. Those who hear the same are given the same bytes, and the
 * work for one of them is a look at the topic index, however many events there are.
 */
import type { Audience } from './audience.ts';
import { joinFrames } from './frame.ts';
import type { Subscriber } from './subscriber.ts';

/** An event of the ring or a signal, on its way out. */
export interface Outgoing {
  readonly to: readonly string[];
  readonly frame: Uint8Array;
  /** Who is not told: the typist of a typing signal. */
  readonly except?: string | undefined;
}

/** A part of what gathered, by index, with the bytes that all who hear exactly it are given. */
export interface Share {
  indexes: readonly number[];
  chunk: Uint8Array | undefined;
  /** Unions with other shares, so that two who hear the same two topics still share. */
  joins: Map<Share, Share> | undefined;
}

/** The frame as a service stream carries it: the same object with the topics in a last field `to`. */
export function serviceFrame({ frame, to }: Outgoing): Uint8Array {
  // Every frame ends with its object's brace and two line breaks, and no object on the wire is empty.
  return joinFrames([frame.subarray(0, -3), encoder.encode(`,"to":${JSON.stringify(to)}}\n\n`)]);
}
const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * Gives `items` to everybody who hears them; `extra` names subscribers that hear the last one beside its topics.
 * `give` may do anything with the subscribers: who hears what was settled before its first call.
 */
export function fanOut(
  items: readonly Outgoing[],
  audience: Audience,
  extra: readonly Subscriber[],
  give: (subscriber: Subscriber, chunk: Uint8Array) => void,
): void {
  const distinct = new Map<string, Share>();
  const shareOf = (indexes: readonly number[]): Share => {
    const key = indexes.join();
    let share = distinct.get(key);
    if (!share) {
      share = { indexes, chunk: undefined, joins: undefined };
      distinct.set(key, share);
    }
    return share;
  };
  const union = (one: Share, other: Share): Share => {
    one.joins ??= new Map();
    let joined = one.joins.get(other);
    if (!joined) {
      joined = shareOf([...new Set([...one.indexes, ...other.indexes])].sort((a, b) => a - b));
      one.joins.set(other, joined);
    }
    return joined;
  };

  const byTopic = new Map<string, number[]>();
  const excepted = new Set<string>();
  items.forEach((item, index) => {
    if (item.except !== undefined) excepted.add(item.except);
    for (const name of item.to) {
      const indexes = byTopic.get(name);
      if (!indexes) byTopic.set(name, [index]);
      else if (indexes.at(-1) !== index) indexes.push(index);
    }
  });

  const touched: Subscriber[] = [];
  const note = (subscriber: Subscriber, share: Share) => {
    if (subscriber.share === undefined) {
      subscriber.share = share;
      touched.push(subscriber);
    } else if (subscriber.share !== share) subscriber.share = union(subscriber.share, share);
  };
  for (const [name, indexes] of byTopic) {
    const listeners = audience.of(name);
    if (listeners.size === 0) continue;
    const share = shareOf(indexes);
    for (const subscriber of listeners) note(subscriber, share);
  }
  for (const subscriber of extra) note(subscriber, shareOf([items.length - 1]));

  const services = [...audience.services];
  // All shares are taken off before the first byte leaves: what a sink does meanwhile can't leave one behind.
  const shares = touched.map((subscriber) => {
    const share = subscriber.share as Share;
    subscriber.share = undefined;
    const { user } = subscriber.listener;
    if (excepted.size === 0 || user === undefined || !excepted.has(user)) return share;
    return shareOf(share.indexes.filter((index) => items[index]?.except !== user));
  });
  touched.forEach((subscriber, at) => {
    const share = shares[at] as Share;
    if (share.indexes.length === 0) return;
    share.chunk ??= joinFrames(share.indexes.map((index) => (items[index] as Outgoing).frame));
    give(subscriber, share.chunk);
  });
  if (services.length === 0) return;
  const whole = joinFrames(items.map(serviceFrame));
  for (const service of services) give(service, whole);
}
