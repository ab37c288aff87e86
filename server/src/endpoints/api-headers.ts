/** What answers of an API carry beside their own: they are data, no page, and no picture of another page's. */

const everywhere = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' } as const;

/** A host's files may be shown anywhere; its data, and all of ours, is read by scripts that CORS lets in. */
const ofData = {
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** Adds them where the answer does not say otherwise. */
export function secureAnswer(response: Response): Response {
  const isFile = !/^(application\/json|text\/plain|text\/event-stream)/.test(
    response.headers.get('Content-Type') ?? '',
  );
  for (const [name, value] of Object.entries({ ...everywhere, ...(isFile ? {} : ofData) }))
    if (!response.headers.has(name)) response.headers.set(name, value);
  return response;
}
