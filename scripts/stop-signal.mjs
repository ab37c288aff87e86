/**
 * Ends the process once, in order: at SIGINT, SIGTERM or SIGHUP, or when the function that this gives back is called.
 * A terminal sends Ctrl+C to everybody in the foreground and npm passes it on besides, so a signal that comes within a
 * second of the first is the same wish; a later one is impatience, and ends at once (children are killed on the way out).
 * @param {() => Promise<void>} end
 * @param {number} [code] the exit code of a stop by signal
 * @returns {(code: number) => void}
 */
export function onStopSignal(end, code = 0) {
  /** @type {number | null} */
  let since = null;
  function stop(exitCode, impatient = false) {
    if (since !== null) {
      if (impatient && performance.now() - since > 1000) process.exit(130);
      return;
    }
    since = performance.now();
    end().then(
      () => process.exit(exitCode),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(code, signal === 'SIGINT'));
  return (exitCode) => stop(exitCode);
}
