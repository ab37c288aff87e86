/**
 * Who the caller is, and the token that says so.
 *
 *   none --token()--> guest --token(true)--> visitor    a lone public room is read as a guest, nothing is stored
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

/**
 * The caller's own token; `expiresAt` is ISO 8601. The session's whole answer may be passed on as it is; with less the
 * edge is asked whose the token is.
 */
export type GetToken = () => Promise<{ token: string; expiresAt: string }>;

/** What a site says of itself with a session (SPEC: Sessions). */
export type SiteSays = Pick<Answer, 'texts' | 'limits' | 'rooms'>;

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
  /** The public room for which a guest is enough; `undefined` where it takes a visitor, `null` where nobody asks. */
  room(): string | null | undefined;
  /** The token was renewed, or a guest has become a visitor: streams move over. */
  onRenew(): void;
  /** The token speaks for somebody else now. */
  onSwitch(): void;
  /** Neither guest nor visitor, where a visitor is kept. Nothing else is asked before it resolves. */
  onLogin(here: Answer): Promise<void>;
}

export interface Session {
  /** `undefined` before the first token. */
  readonly user: User | undefined;
  /** What the site said last; its answers need not repeat it. */
  readonly says: SiteSays;
  /**
   * A token that is still good, one that may `write` on demand: a guest becomes a visitor. Calls meanwhile share what
   * is under way. Refused, a guest stays a guest. @throws ChatError as the edge or `getToken` refused.
   */
  token(write?: boolean): Promise<string>;
  /** A request with the token; one refused for its token is made once more with another. */
  call: Request;
  /** A hop refused this token: the next call asks for another. */
  refuse(token: string): void;
  /** The handle of a visitor who did not write yet. Set to the same, he did; set to another, he is that visitor. */
  visit: string | undefined;
  /** Where his handle is kept. */
  readonly storage: KeyStorage | null;
  readonly key: string;
  /** The visitor's handle is kept no longer. */
  forget(): void;
  close(): void;
}

/** How long before its end a token is renewed. */
const renewMs = 60_000;
/** A token is tried for at least this long, whatever a wrong clock here makes of its end; then a hop refuses it. */
const triedMs = 90_000;

export function createSession(options: SessionOptions): Session {
  const { site, request, clock, getToken, own, storage, key, room } = options;
  let held: Answer | undefined;
  /** Until when it is good; 0 once it was refused. */
  let endMs = 0;
  let handle: string | undefined;
  let flight: Promise<void> | undefined;
  let cancel = () => {};
  /** Whether something of the visitor may be shown: he wrote, or came back. */
  let wrote = false;
  let closed = false;

  const ask = (proof?: object, token?: string) => request(answer, 'chat/session', { body: { site, ...proof }, token });
  const isGuest = () => !getToken && held?.user.kind === 'guest';

  async function prove(write?: boolean): Promise<Answer> {
    if (getToken) {
      const given = await getToken();
      return read(answer, given) ?? ask({}, given.token);
    }
    const kept = handle ?? storage?.getItem(key);
    if (own && !handle) {
      // The browser adds the cookie; a handle sent beside it would win over it.
      const here = await ask();
      if (!kept || here.user.kind !== 'visitor') return here;
    }
    if (kept)
      try {
        const here = await ask({ visitor: kept });
        wrote ||= !handle;
        return here;
      } catch (failure) {
        if (!isUnauthorized(failure)) throw failure;
        session.forget();
      }
    return ask(write || own || !room() ? {} : { room: room() });
  }

  /** One at a time; what it brings is held. */
  function obtain(run: Promise<Answer>): Promise<void> {
    flight = run
      .then(hold, (failure) => {
        // A token or proof that is no good now may be at the next try: hosts keep them, hops learn keys.
        throw failure instanceof ChatError && !isUnauthorized(failure)
          ? failure
          : new ChatError('unavailable', { cause: failure });
      })
      .finally(() => {
        flight = undefined;
      });
    return flight;
  }

  async function hold(next: Answer) {
    if (storage?.getItem(key) && !/^[gv]/.test(next.user.kind)) await options.onLogin(next);
    if (closed) throw new ChatError('unavailable');
    const last = held?.user;
    held = next;
    endMs = Math.max(Date.parse(next.expiresAt) || 0, clock.now() + triedMs);
    handle = next.visitor ?? handle;
    renewIn(endMs - renewMs - clock.now());
    if (!last || last.id === next.user.id) return;
    if (last.kind === 'guest' || (last.kind === 'visitor' && !wrote)) options.onRenew();
    else options.onSwitch();
  }

  function renewIn(ms: number) {
    cancel();
    cancel = clock.after(ms, async () => {
      if (room() === null) endMs = 0;
      if (!endMs || flight) return;
      try {
        // A guest's answer is shared, and cached at the edge.
        await obtain(getToken || isGuest() ? prove() : ask({}, held?.token));
        options.onRenew();
      } catch {
        // It is still good for a while; whoever needs one after its end hears why there is none.
        if (!closed) renewIn(renewMs / 6);
      }
    });
  }

  const session: Session = {
    storage,
    key,
    get user() {
      return held?.user;
    },
    get says() {
      // Without its secrets: it is shown.
      return { ...held, token: '', visitor: '' };
    },
    async token(write) {
      const good = () => held && endMs > clock.now();
      try {
        // What is under way already may bring a guest once more.
        for (let turn = 0; turn < 3 && (!good() || (isGuest() && (write || !room()))); turn += 1)
          await (flight ?? obtain(prove(write)));
      } catch (failure) {
        if (write || !good()) throw failure;
      }
      return held?.token ?? '';
    },
    async call(parser, path, asked) {
      for (let again = false; ; again = true) {
        const token = await session.token();
        try {
          return await request(parser, path, { ...asked, token });
        } catch (failure) {
          if (!isUnauthorized(failure)) throw failure;
          session.refuse(token);
          // A new token refused too: a hop may not know its key yet. It is tried again later.
          if (again) throw new ChatError('unavailable', { cause: failure });
        }
      }
    },
    refuse(token) {
      if (held?.token === token) endMs = 0;
    },
    get visit() {
      return wrote ? undefined : handle;
    },
    set visit(next) {
      // Another tab's visitor: this one goes on as the same.
      if (handle !== next) endMs = 0;
      else wrote = true;
      handle = next;
    },
    forget() {
      handle = undefined;
      storage?.removeItem(key);
    },
    close() {
      closed = true;
      cancel();
    },
  };
  return session;
}

/** Whether a hop refused the token or proof itself. */
const isUnauthorized = (failure: unknown): boolean => failure instanceof ChatError && failure.code === 'unauthorized';
