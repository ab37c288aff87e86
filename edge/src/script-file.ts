/** `chat.js`, or its second file, as every page may load it. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { scriptHeaders } from './script-headers.ts';

interface Script {
  modifiedMs: number;
  body: Buffer<ArrayBuffer>;
  zipped: Buffer<ArrayBuffer>;
  etag: string;
}

const zip = promisify(gzip);

/** Reads the file again when it was written again; `undefined` where there is none. */
export function scriptFile(path: string): (request: Request) => Promise<Response | undefined> {
  let held: Script | undefined;

  async function load(): Promise<Script | undefined> {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    if (held?.modifiedMs === found.mtimeMs) return held;
    const body = await readFile(path);
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    held = { modifiedMs: found.mtimeMs, body, zipped: await zip(body, { level: 9 }), etag };
    return held;
  }

  return async (request) => {
    const script = await load();
    if (!script) return undefined;
    const headers = new Headers({ ...scriptHeaders, ETag: script.etag, Vary: 'Accept-Encoding' });
    // Weak, as a cache that zips on its way sends it back.
    const known = (request.headers.get('If-None-Match') ?? '').split(/\s*,\s*/).map((tag) => tag.replace(/^W\//, ''));
    if (known.includes(script.etag) || known.includes('*')) return new Response(null, { status: 304, headers });
    const takesZip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers.get('Accept-Encoding') ?? '');
    if (takesZip) headers.set('Content-Encoding', 'gzip');
    return new Response(takesZip ? script.zipped : script.body, { headers });
  };
}
