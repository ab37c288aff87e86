/**
 * What every answer carries: it is what it says it is, does not tell where its reader came from, and is no page, in
 * nobody's frame. HSTS is the host's to set: the edge may stand behind a proxy that speaks TLS for it.
 */
export const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const;
