/** A fault that its message explains in full: whoever started us sees the message and no stack. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}
