/** What an edge is told by its environment, the same for both entries. */
import type { HubOptions } from '@payload-chat/protocol';
import type { AddressBounds } from './address-limits.ts';
import type { StreamBounds } from './stream-places.ts';

/** A variable that is missing or wrong: requests are answered 503 `misconfigured` and health names it. */
export interface SetupFault {
  variable: string;
  message: string;
}

export interface Config {
  /** The server's origin and path, without a slash at the end; empty where it is missing. */
  serverUrl: string;
  /** One of the server's `CHAT_EDGE_KEYS`. A secret: in no log, no answer, no URL. */
  edgeKey: string;
  /** Hubs per site (Worker), 1 to 64; readers are spread over them. */
  replicas: number;
  /** A path in front of everything, `/chat` for instance; empty for none. */
  basePath: string;
  /** How long a hub stays after its last reader, in milliseconds. */
  lingerMs: number;
  /** Over how long a process that was told to stop sends its readers away, in milliseconds (Node). */
  drainMs: number;
  /** Most sites with a hub in one process. */
  sites: number;
  /** Most bytes of events in the rings of all sites of one process. */
  ringsBytes: number;
  streams: StreamBounds;
  addresses: AddressBounds;
  hub: Partial<HubOptions>;
  faults: SetupFault[];
}

type Env = Record<string, unknown>;

/** Reads the environment; never throws, so that health can say what is wrong. An empty value is none. */
export function readConfig(env: Env): Config {
  const faults: SetupFault[] = [];
  const fault = (variable: string, message: string) => faults.push({ variable, message });
  const given = (variable: string) => {
    const value = env[variable];
    return typeof value === 'string' ? value.trim() : '';
  };
  const whole = (variable: string, fallback: number, min: number, max: number) => {
    const text = given(variable);
    if (!text) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    fault(variable, `Must be a whole number from ${min} to ${max}.`);
    return fallback;
  };

  const serverUrl = given('CHAT_SERVER_URL').replace(/\/+$/, '');
  if (!serverUrl) fault('CHAT_SERVER_URL', 'Missing: the address of the server, https://cms.example.com for instance.');
  else if (!isAddress(serverUrl)) fault('CHAT_SERVER_URL', 'Must be an http or https address without query.');

  const edgeKey = given('CHAT_EDGE_KEY');
  if (!edgeKey) fault('CHAT_EDGE_KEY', "Missing: one of the server's CHAT_EDGE_KEYS.");
  else if (!/^[\x21-\x7e]+$/.test(edgeKey)) fault('CHAT_EDGE_KEY', 'Must be visible ASCII without spaces.');

  const basePath = given('CHAT_BASE_PATH').replace(/\/+$/, '');
  if (!/^(\/[\w.~-]+)*$/.test(basePath)) fault('CHAT_BASE_PATH', 'Must begin with a slash, like /chat.');

  return {
    serverUrl,
    edgeKey,
    basePath,
    replicas: whole('CHAT_REPLICAS', 1, 1, 64),
    lingerMs: whole('CHAT_LINGER_MS', 30_000, 0, 3_600_000),
    drainMs: whole('CHAT_DRAIN_MS', 10_000, 0, 600_000),
    sites: whole('CHAT_SITES', 500, 1, 100_000),
    ringsBytes: whole('CHAT_RINGS_MIB', 512, 1, 1_000_000) * 1024 * 1024,
    streams: {
      all: whole('CHAT_STREAMS', 20_000, 0, 1_000_000),
      perPerson: whole('CHAT_STREAMS_PER_PERSON', 1000, 0, 1_000_000),
      perAddress: whole('CHAT_STREAMS_PER_ADDRESS', 2000, 0, 1_000_000),
    },
    addresses: {
      sessions: whole('CHAT_SESSIONS_PER_MINUTE', 1200, 0, 1_000_000),
      sends: whole('CHAT_SENDS_PER_MINUTE', 6000, 0, 1_000_000),
      requests: whole('CHAT_REQUESTS_PER_MINUTE', 18_000, 0, 1_000_000),
    },
    hub: {
      pingMs: whole('CHAT_PING_MS', 20_000, 100, 60_000),
      maxAgeMs: whole('CHAT_MAX_AGE_MS', 20 * 60_000, 1000, 30 * 60_000),
      stalledMs: whole('CHAT_STALLED_MS', 15_000, 100, 300_000),
    },
    faults,
  };
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash, username } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && !search && !hash && !username;
}
