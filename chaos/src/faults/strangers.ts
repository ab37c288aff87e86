/** Whoever answers in the chat's place: a login page, a balancer, a limiter. */

const html = '<!doctype html><title>Welcome</title><p>Please accept our terms to use this network.</p>';

function answerOf(head: string, body = html, type = 'text/html'): string {
  return [
    `HTTP/1.1 ${head}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Access-Control-Allow-Origin: *',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

export const strangers = [
  { name: 'a stranger’s HTML 200', bytes: answerOf('200 OK') },
  { name: 'a stranger’s 302', bytes: answerOf('302 Found\r\nLocation: http://127.0.0.1:9/login') },
  { name: 'a stranger’s 429', bytes: answerOf('429 Too Many Requests\r\nRetry-After: 1', 'Slow down.', 'text/plain') },
  { name: 'a stranger’s 502', bytes: answerOf('502 Bad Gateway') },
  { name: 'a stranger’s 503', bytes: answerOf('503 Service Unavailable\r\nRetry-After: 1') },
] as const;
