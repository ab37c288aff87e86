/**
 * The one way in: every handler of the chat is wrapped here. Answers and refusals carry CORS, a fault of the closed list
 * becomes its answer, anything else is logged once and hidden.
 */
import {
  ChatError,
  corsHeaders,
  corsOf,
  errorAnswer,
  type Fault,
  type RouteName,
  routes,
} from '@payload-chat/protocol';
import type { Endpoint, PayloadRequest } from 'payload';
import { originOf } from '../identity/origin.ts';
import { isPassingFault } from '../log/database-fault.ts';
import { quietError } from '../quiet-error.ts';
import { secureAnswer } from './api-headers.ts';

export type Handler = (req: PayloadRequest) => Promise<Response>;

/** A collection's endpoints are given without its slug. */
const mounted = (path: string) => path.replace(/^\/api(\/messages|\/participants)?/, '') || '/';

export function endpoint(name: RouteName, handler: Handler): Endpoint {
  const { method, path } = routes[name];
  return {
    method: method.toLowerCase() as Lowercase<typeof method>,
    path: mounted(path),
    handler: (req) => answered(req, handler),
  };
}

/** A path that no wire names: the panel's, at the server alone. No page of another origin reads its answers. */
export function serverEndpoint(method: 'get' | 'post', path: string, handler: Handler): Endpoint {
  return { method, path, handler: (req) => answered(req, handler, {}) };
}

/** What a browser asks before a cross-origin request: nothing is known of the site yet, so any Origin is told the same. */
export function preflights(names: readonly RouteName[]): Endpoint[] {
  const paths = new Set(names.map((name) => mounted(routes[name].path)));
  return [...paths].map((path) => ({ method: 'options', path, handler: preflight }));
}

const preflight = (req: PayloadRequest): Response =>
  new Response(null, { status: 204, headers: { ...corsHeaders, ...corsOf(originOf(req)), Vary: 'Origin' } });

/** The handler's answer, or its refusal, as every answer of the chat is. */
export async function answered(req: PayloadRequest, handler: Handler, cors = corsOf(originOf(req))): Promise<Response> {
  try {
    const response = await handler(req);
    for (const [name, value] of Object.entries({ Vary: 'Origin', ...cors })) response.headers.set(name, value);
    return secureAnswer(response);
  } catch (thrown) {
    const error = asChatError(thrown);
    if (error.code === 'internal' || error.code === 'not-stored')
      req.payload.logger.error({
        err: quietError(error.cause ?? error),
        msg: `The chat could not answer ${req.method} ${req.pathname}`,
      });
    const { status, headers, body } = errorAnswer(error);
    return secureAnswer(new Response(body, { status, headers: { ...headers, Vary: 'Origin', ...cors } }));
  }
}

/** An answer of ours: JSON, kept by nobody unless said otherwise. */
export function json(body: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  return Response.json(body, { status: init.status ?? 200, headers: { 'Cache-Control': 'no-store', ...init.headers } });
}

const codeOfStatus = { 400: 'invalid', 403: 'forbidden', 404: 'not-found', 409: 'conflict', 413: 'too-large' } as const;

/** Turns whatever a handler threw into a fault of the closed list: a host's own hooks throw Payload's errors. */
export function asChatError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  // One process holds several instances of a module, and `instanceof` tells them apart.
  if (error instanceof Error && error.name === 'ChatError') return error as ChatError;
  if (isPassingFault(error)) return new ChatError('unavailable', { cause: error });
  const { status, isPublic, message, data } = (error ?? {}) as Record<string, unknown>;
  const code = codeOfStatus[status as keyof typeof codeOfStatus];
  if (!code) return new ChatError('internal', { cause: error });
  const faults = faultsOf(data);
  return new ChatError(code, {
    cause: error,
    ...(isPublic === true && typeof message === 'string' ? { message } : {}),
    faults: code === 'invalid' ? faults : [],
  });
}

/** The fields of a ValidationError; those of a unique index name a table, which is nobody's business. */
function faultsOf(data: unknown): Fault[] {
  const errors = (data as { errors?: unknown } | undefined)?.errors;
  if (!Array.isArray(errors)) return [];
  return errors.flatMap(({ path, message, tableName }: Record<string, unknown>) =>
    typeof path === 'string' && typeof message === 'string' && tableName === undefined
      ? [{ field: path, message }]
      : [],
  );
}
