/**
 * The address of a client behind `hops` proxies of ours, each of which appends what it saw to `X-Forwarded-For`.
 * What a client wrote there himself stands further left and is not believed. Some proxies append a port.
 */
export function clientAddress(
  socket: string | undefined,
  forwardedFor: string | null,
  hops: number,
): string | undefined {
  const seen = hops > 0 && forwardedFor ? forwardedFor.split(',').at(-hops)?.trim() : undefined;
  const bare = seen?.replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  const isAddress = bare && bare.length <= 45 && /^[\da-f.:]+$/i.test(bare);
  // An IPv4 client of a dual-stack socket.
  return (isAddress ? bare : socket)?.replace(/^::ffff:(?=\d+\.)/i, '');
}
