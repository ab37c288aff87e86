import ipaddr from 'ipaddr.js';

/**
 * Whom an address is counted as: an IPv4 address, the /64 of an IPv6 one (a household has a whole /64, and may change
 * within it for every request). `undefined` for what is no address, and for loopback: that is the hop's own machine, a
 * proxy on it or a test, and counting it would count everybody as one.
 */
export function blockOf(address: string | null | undefined): string | undefined {
  if (!address || !(ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address))) return undefined;
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'loopback') return undefined;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
