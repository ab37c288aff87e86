/**
 * Who the caller is, and the token that says so.
 *
 *   none --token()--> guest --rise()--> visitor    a lone public room is read as a guest, nothing is stored
 *     |
 *     +----token()--> whoever getToken, the origin's cookie or the kept handle says, else a new visitor
 *
 * A visitor's handle is kept in storage from his first send on, and never before.
 */
import {
  type Session as Answer,
  session as answer,
  ChatError,
  type Clock,
  claims,
  read,
  type User,
} from '@payload-chat/protocol';
import type { Request } from './request.ts';

/** The least of `localStorage` that is used. */
export interface KeyStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The caller's own token; `expiresAt` is ISO 8601. The session's whole answer may be passed on as it is. */
export type GetToken = () => Promise<{ token: string; expiresAt: string }>;

export interface SessionOptions {
  site: string;
  request: Request;
  clock: Clock;
  getToken: GetToken | undefined;
  /** Whether the edge is the page's own origin, whose cookie may say who this is. */
  own: boolean;
  storage: KeyStorage | null;
  /** Under which name a visitor's handle lies there. */
  key: string;
  /** The public room for which a guest is enough; `undefined` where it takes a visitor. */
  room(): string | undefined;
  /** Whether nobody needs the token any more: it is then let lapse. */
  idle(): boolean;
  /** The token was renewed, or a guest has become a visitor: streams move over. */
  onRenew(): void;
  /** The token speaks for somebody else now. */
  onSwitch(): void;
}

export interface Session {
  /** `undefined` before the first token. */
  readonly user: User | undefined;
  /** A token that is still good; calls meanwhile share one. @throws ChatError as the edge or `getToken` refused. */
  token(): Promise<string>;
  /** A hop refused this token: the next call asks for another. */
  refuse(token: string): void;
  /** A guest becomes a visitor. Refused, he stays a guest. */
  rise(): Promise<void>;
  /** To be called before a send: rises, and keeps the visitor's handle for his next visit. */
  write(): Promise<void>;
  /** The visitor's handle is kept no longer. */
  forget(): void;
  close(): void;
}

/** How long before its end a token is renewed. */
const renewMs = 60_000;
/** A token is tried for at least this long, whatever a wrong clock here makes of its end; then a hop refuses it. */
const triedMs = 90_000;

export function createSession({ site, request, clock, getToken, own, storage, ...options }: SessionOptions): Session {
  const { key } = options;
  let held: Answer | undefined;
  let endMs = 0;
  let known: User | undefined;
  let handle: string | undefined;
  let flight: Promise<void> | undefined;
  let rising: Promise<void> | undefined;
  let cancel = () => {};
  let guestIsEnough = true;
  let wrote = false;

  const life = new AbortController();
  const ask = (proof: object, token?: string) =>
    request(answer, 'chat/session', { body: { site, ...proof }, token, signal: life.signal });

  async function prove(): Promise<Answer> {
    if (getToken) return believe(await getToken(), site);
    const kept = handle ?? storage?.getItem(key);
    if (own && !handle) {
      // The browser adds the cookie; a handle sent beside it would win over it.
      const here = await ask({});
      if (!kept || here.user.kind !== 'visitor') return here;
    }
    if (kept)
      try {
        return await ask({ visitor: kept });
      } catch (failure) {
        if (!isUnauthorized(failure)) throw failure;
        session.forget();
      }
    const room = guestIsEnough && !own && options.room();
    return ask(room ? { room } : {});
  }

  /** One at a time; what it brings is held. */
  function obtain(run: () => Promise<Answer>): Promise<void> {
    flight ??= run()
      .then(hold, (failure) => {
        throw failure instanceof ChatError ? failure : new ChatError('unavailable', { cause: failure });
      })
      .finally(() => {
        flight = undefined;
      });
    return flight;
  }

  function hold(next: Answer) {
    if (life.signal.aborted) throw new ChatError('unavailable');
    const last = known;
    held = next;
    endMs = Math.max(Date.parse(next.expiresAt) || 0, clock.now() + triedMs);
    known = next.user;
    handle = next.visitor ?? handle;
    renewIn(endMs - renewMs - clock.now());
    // Of one who has not written yet nothing was shown.
    if (last && last.id !== known.id && last.kind !== 'guest' && (wrote || last.kind !== 'visitor')) options.onSwitch();
  }

  function renewIn(ms: number) {
    cancel();
    cancel = clock.after(ms, async () => {
      if (options.idle()) held = undefined;
      const { token, user } = held ?? {};
      if (!token) return;
      try {
        // A guest's answer is shared, and cached at the edge.
        await obtain(() => (getToken || user?.kind === 'guest' ? prove() : ask({}, token)));
        options.onRenew();
      } catch {
        // It is still good for a while; whoever needs one after its end hears why there is none.
        if (!life.signal.aborted) renewIn(renewMs / 6);
      }
    });
  }

  /** The guest's token stays in use meanwhile, so that a refusal takes nothing from the reader. */
  async function becomeVisitor() {
    guestIsEnough = false;
    try {
      await session.token();
      if (known?.kind !== 'guest') return;
      // What is under way already may bring a guest once more.
      while (known.kind === 'guest') await obtain(prove);
    } catch (failure) {
      guestIsEnough = true;
      throw failure;
    }
    options.onRenew();
  }

  const session: Session = {
    get user() {
      return known;
    },
    async token() {
      while (!held || endMs <= clock.now()) await obtain(prove);
      return held.token;
    },
    refuse(token) {
      if (held?.token === token) held = undefined;
    },
    rise() {
      rising ??= becomeVisitor().finally(() => {
        rising = undefined;
      });
      return rising;
    },
    async write() {
      await session.rise();
      if (wrote) return;
      const kept = storage?.getItem(key);
      if (handle && kept && kept !== handle) {
        // Another tab wrote first: this one goes on as the same visitor.
        handle = kept;
        held = undefined;
        await session.token();
        options.onRenew();
      }
      wrote = true;
      try {
        if (handle) storage?.setItem(key, handle);
      } catch {
        // Full or forbidden: he is a stranger at his next visit.
      }
    },
    forget() {
      handle = undefined;
      storage?.removeItem(key);
    },
    close() {
      life.abort();
      cancel();
    },
  };
  return session;
}

/** Whether a hop refused the token or proof itself. */
export const isUnauthorized = (failure: unknown): boolean =>
  failure instanceof ChatError && failure.code === 'unauthorized';

/** A bare token says itself who it is for; it is not verified here, every hop does that. */
function believe(given: { token: string; expiresAt: string }, site: string): Answer {
  const whole = read(answer, given);
  if (whole) return whole;
  try {
    const part = given.token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
    const bytes = Uint8Array.from(atob(part), (char) => char.charCodeAt(0));
    const claimed = read(claims, JSON.parse(new TextDecoder().decode(bytes)));
    if (claimed) {
      const { sub: id, kind, name = '' } = claimed;
      return { ...given, site, user: { id, kind, name } };
    }
  } catch {
    // No token of ours, as below.
  }
  throw new ChatError('unauthorized', { message: 'getToken must answer { token, expiresAt } with a chat token.' });
}
