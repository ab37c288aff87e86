/** Answers as plain values, so that one can be kept and given to many. */
import { ChatError, errorAnswer, readRefusal } from '@payload-chat/protocol';
import { securityHeaders } from './security-headers.ts';

/** A whole answer of the server, or one made here. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers: { ...headers, ...securityHeaders } });
}

export function jsonAnswer(status: number, data: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify(data),
  };
}

/** What a stranger is told of a fault; what is not of the closed list is `internal` to him. */
export function refusalOf(fault: unknown): Answer {
  return errorAnswer(fault instanceof ChatError ? fault : new ChatError('internal'));
}

/** The fault that an answer of the server tells of. */
export function faultOf({ status, headers, body }: Answer): ChatError {
  return readRefusal(status, parseJson(body), headers['Retry-After'] ?? null);
}

/** `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
