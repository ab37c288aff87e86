/** The seam between a reader's stream and the runtime that carries it. */
import type { Sink } from '@payload-chat/protocol';

/** Begins the answer to a stream request, with status 200 and these headers. */
export type OpenSink = (headers: Record<string, string>) => {
  sink: Sink;
  response: Response;
  /** Runs once when the client has gone, at once where it has gone already. */
  onGone(run: () => void): void;
};
