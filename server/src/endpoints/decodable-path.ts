/**
 * A path that can't be decoded (half a `%` sequence, broken UTF-8) is a 500 of Next's own, before any handler. Taken
 * literally it is a path that nobody has: 404.
 */
export function decodablePath(url: string): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return path.replaceAll('%', '%25') + url.slice(path.length);
  }
}
