/**
 * The address of a client behind `hops` proxies of ours, each of which appends what it saw to `X-Forwarded-For`.
 * What a client wrote there himself stands further left and is not believed.
 */
export function clientAddress(
  socket: string | undefined,
  forwardedFor: string | null,
  hops: number,
): string | undefined {
  const seen = hops > 0 && forwardedFor ? forwardedFor.split(',').at(-hops)?.trim() : undefined;
  // An IPv4 client of a dual-stack socket.
  return (seen || socket)?.replace(/^::ffff:(?=\d+\.)/, '');
}
