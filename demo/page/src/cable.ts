/** The cable of one browser: a `fetch` that can be cut, and the events by which a page hears of its network. */

export interface Cable {
  /** Works like the page's own until the line is cut; then it rejects at once, as it does without a network. */
  readonly fetch: typeof fetch;
  /** Says `online` and `offline`, and passes on what the page says of itself. */
  readonly events: EventTarget;
  readonly isWhole: boolean;
  /** Ends every open request and body in the middle of whatever it was saying. Callable twice. */
  cut(): void;
  /** Callable twice. */
  mend(): void;
}

export function createCable(inner: typeof fetch, page: EventTarget): Cable {
  const events = new EventTarget();
  for (const name of ['online', 'offline', 'pagehide', 'pageshow', 'visibilitychange'])
    page.addEventListener(name, () => events.dispatchEvent(new Event(name)));

  let isWhole = true;
  let knife = new AbortController();
  const noNetwork = () => new TypeError('The line is cut.');

  return {
    get isWhole() {
      return isWhole;
    },
    events,
    async fetch(input, init) {
      if (!isWhole) throw noNetwork();
      const own = init?.signal ?? (input instanceof Request ? input.signal : undefined);
      return inner(input, { ...init, signal: own ? AbortSignal.any([own, knife.signal]) : knife.signal });
    },
    cut() {
      if (!isWhole) return;
      isWhole = false;
      knife.abort(noNetwork());
      events.dispatchEvent(new Event('offline'));
    },
    mend() {
      if (isWhole) return;
      isWhole = true;
      knife = new AbortController();
      events.dispatchEvent(new Event('online'));
    },
  };
}
