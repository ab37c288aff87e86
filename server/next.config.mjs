import { withPayload } from '@payloadcms/next/withPayload';

/** The two files of the script for pages that embed the chat: they may be kept, but must be asked for again. */
const script = [
  { key: 'Access-Control-Allow-Origin', value: '*' },
  { key: 'Cache-Control', value: 'public, max-age=300, must-revalidate' },
  { key: 'Cross-Origin-Resource-Policy', value: 'cross-origin' },
  { key: 'X-Content-Type-Options', value: 'nosniff' },
];

const everywhere = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
];

/** Nobody frames the panel, opens it as his window, or points its forms and its base elsewhere. */
const panel = [
  { key: 'X-Frame-Options', value: 'SAMEORIGIN' },
  {
    key: 'Content-Security-Policy',
    value: "frame-ancestors 'self'; base-uri 'self'; form-action 'self'; object-src 'none'",
  },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=(), payment=(), usb=()' },
];

export default withPayload({
  // Which build to serve: a newer one may be in the making beside it.
  distDir: process.env.CHAT_NEXT_DIST || '.next',
  // `npm run check` checks types, tests included; a start should not wait for it again.
  typescript: { ignoreBuildErrors: true },
  // Writing that cache takes longer than a build without it.
  experimental: { turbopackFileSystemCacheForBuild: false },
  poweredByHeader: false,
  redirects: async () => [{ source: '/', destination: '/admin', permanent: false }],
  headers: async () => [
    { source: '/:path*', headers: everywhere },
    { source: '/admin/:path*', headers: panel },
    { source: '/chat.js', headers: script },
    { source: '/chat-more.js', headers: script },
  ],
});
