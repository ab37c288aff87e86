/**
 * Whom an address is counted as: an IPv4 address, the /64 of an IPv6 one (a household has a whole /64, and may change
 * within it for every request). `undefined` for what is no address, and for loopback: that is the edge's own machine, a
 * proxy on it or a test, and counting it would count everybody as one.
 */
export function blockOf(address: string | undefined): string | undefined {
  if (!address) return undefined;
  const mapped = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (isV4(mapped)) return mapped.startsWith('127.') ? undefined : mapped;
  const groups = groupsOf(mapped);
  if (!groups || groups.join(':') === '0:0:0:0:0:0:0:1') return undefined;
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function isV4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** The eight groups without leading zeros; `undefined` for what is no IPv6 address. */
function groupsOf(text: string): string[] | undefined {
  const bare = text
    .replace(/%.*$/, '')
    .replace(/:(\d+\.\d+\.\d+\.\d+)$/, (_, v4: string) => (isV4(v4) ? `:${hexOf(v4)}` : '::::'));
  const halves = bare.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half ? half.split(':') : []));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => group.replace(/^0+(?=.)/, ''));
}

/** The last two groups of an IPv6 address that ends in an IPv4 one. */
function hexOf(v4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
