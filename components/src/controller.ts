/**
 * Keeps a Lit element's view of one thread: opened while the element stands in a document, closed when it leaves.
 * Only the shape of Lit's `ReactiveController` is used, so nothing of Lit is imported.
 */
import type { Client, ThreadStore, ThreadTarget, ThreadView } from './view.ts';

/** As much of a Lit element as a controller needs. */
export interface ControllerHost {
  readonly isConnected: boolean;
  addController(controller: ThreadController): void;
  requestUpdate(): void;
}

/** What to show: which thread of which client. */
export interface Aim {
  client: Client;
  target: ThreadTarget;
}

/**
 * `aim` is asked when the host is connected and before each of its updates, so a changed attribute moves the element to
 * another thread; `undefined` shows nothing. Equal clients and targets keep the same store.
 */
export class ThreadController {
  /** The store that is shown, `undefined` while detached or without an aim. */
  store: ThreadStore | undefined;
  readonly #host: ControllerHost;
  readonly #aim: () => Aim | undefined;
  #stop: (() => void) | undefined;

  constructor(host: ControllerHost, aim: () => Aim | undefined) {
    this.#host = host;
    this.#aim = aim;
    host.addController(this);
  }

  get view(): ThreadView | undefined {
    return this.store?.view;
  }

  hostConnected(): void {
    this.hostUpdate();
  }

  hostUpdate(): void {
    // Lit goes on updating a detached element: it must not open a stream that nobody closes.
    const aim = this.#host.isConnected ? this.#aim() : undefined;
    const store = aim?.client.open(aim.target);
    if (store === this.store) return;
    // The new one first: what both share, a stream or a session, is then not closed in between.
    const stop = store?.subscribe(() => this.#host.requestUpdate());
    this.#stop?.();
    this.#stop = stop;
    this.store = store;
  }

  hostDisconnected(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.store = undefined;
  }
}
