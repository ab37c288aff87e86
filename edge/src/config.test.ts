import { clientAddress } from '@payload-chat/protocol/limits';
import { expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { isSameKey, metricsText } from './metrics.ts';
import { replicaOf } from './replica.ts';

const good = { CHAT_SERVER_URL: 'https://cms.example/', CHAT_EDGE_KEY: 'key' };

it('a whole environment has no faults; slashes at the end are dropped', () => {
  expect(readConfig(good)).toMatchObject({
    serverUrl: 'https://cms.example',
    edgeKey: 'key',
    replicas: 1,
    basePath: '',
    faults: [],
  });
  expect(readConfig({ ...good, CHAT_BASE_PATH: '/chat/', CHAT_REPLICAS: '4' })).toMatchObject({
    basePath: '/chat',
    replicas: 4,
  });
});

it('each variable that is missing or wrong is named, with what it should be, and never with a secret', () => {
  const faults = (env: Record<string, unknown>) => readConfig(env).faults.map(({ variable }) => variable);
  expect(faults({})).toEqual(['CHAT_SERVER_URL', 'CHAT_EDGE_KEY']);
  expect(faults({ ...good, CHAT_SERVER_URL: 'ftp://cms' })).toEqual(['CHAT_SERVER_URL']);
  expect(faults({ ...good, CHAT_SERVER_URL: 'https://user:pass@cms' })).toEqual(['CHAT_SERVER_URL']);
  expect(faults({ ...good, CHAT_EDGE_KEY: 'a\nb' })).toEqual(['CHAT_EDGE_KEY']);
  expect(faults({ ...good, CHAT_REPLICAS: '0' })).toEqual(['CHAT_REPLICAS']);
  expect(faults({ ...good, CHAT_BASE_PATH: 'chat' })).toEqual(['CHAT_BASE_PATH']);
  expect(JSON.stringify(readConfig({ ...good, CHAT_EDGE_KEY: 'se cret' }).faults)).not.toContain('se cret');
});

it('readers of one session stay at one replica, guests and sessions are spread over all', () => {
  const of = (sid: string, kind: 'member' | 'guest' = 'member') => replicaOf({ sid, kind }, 4, Math.random);
  expect(new Set(Array.from({ length: 10 }, () => of('same'))).size).toBe(1);
  expect(new Set(Array.from({ length: 100 }, (_, n) => of(`s${n}`))).size).toBe(4);
  expect(new Set(Array.from({ length: 200 }, () => of('same', 'guest'))).size).toBe(4);
  expect(replicaOf({ sid: 'any', kind: 'member' }, 1, Math.random)).toBe(0);
});

it('the client’s address is what our own proxies saw, never what he wrote himself', () => {
  expect(clientAddress('::ffff:10.0.0.1', null, 0)).toBe('10.0.0.1');
  expect(clientAddress('10.0.0.1', '6.6.6.6', 0)).toBe('10.0.0.1');
  expect(clientAddress('10.0.0.1', '6.6.6.6, 1.2.3.4', 1)).toBe('1.2.3.4');
  expect(clientAddress('10.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.2', 2)).toBe('1.2.3.4');
  expect(clientAddress('2001:db8::1', null, 1)).toBe('2001:db8::1');
});

it('metrics add up the hubs of a site and escape its name', () => {
  const hub = { readers: 2, upstreams: 1, bytes: 10 };
  const text = metricsText([
    { site: 'a', ...hub },
    { site: 'a', ...hub },
    { site: 'b"\n', ...hub },
  ]);
  expect(text).toContain('chat_hub_readers{site="a"} 4\n');
  expect(text).toContain('chat_hub_upstreams{site="b\\"\\n"} 1\n');
  expect(metricsText([])).toMatch(/\n$/);
});

it('a key is compared whole', () => {
  expect(isSameKey('key', 'key')).toBe(true);
  for (const other of [null, '', 'kez', 'keys', 'ke']) expect(isSameKey(other, 'key')).toBe(false);
});
