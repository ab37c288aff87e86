/** On a site's page: the lines to paste, and whether a page that carries them was seen alive. */
import type { UIFieldServerComponent } from 'payload';
import type { CSSProperties, ReactNode } from 'react';
import { type Seen, seenOf } from '../identity/seen.ts';
import { optionsOf } from '../options.ts';
import { CopyButton } from './copy-button.tsx';

export const SiteEmbed: UIFieldServerComponent = async ({ data, operation, payload }) => {
  const key = typeof data?.key === 'string' ? data.key : '';
  if (operation !== 'update' || !key) return null;
  const edge = optionsOf(payload).edgeUrl ?? payload.config.serverURL;
  const snippet = [
    `<script type="module" src="${edge || 'https://chat.example.com'}/chat.js"></script>`,
    `<chat-thread site="${key}"></chat-thread>`,
  ].join('\n');
  return (
    <section style={box} aria-labelledby="chat-embed">
      <h4 id="chat-embed" style={{ margin: 0 }}>
        Paste this into your pages
      </h4>
      <pre style={code}>{snippet}</pre>
      <div>
        <CopyButton text={snippet} />
      </div>
      {!edge && <Line>Put the address of your edge, or of this server, in place of chat.example.com.</Line>}
      {data.visitors !== true && (
        <Line>
          Visitors are switched off: only people whom you prove are let in (signed identities, accounts), and guests of
          public rooms.
        </Line>
      )}
      <SeenAlive seen={await seenOf(payload, key)} listed={Array.isArray(data.origins) ? data.origins.length : 0} />
    </section>
  );
};

function SeenAlive({ seen, listed }: { seen: Seen | undefined; listed: number }) {
  const { origin, at, refused, refusedAt } = seen ?? {};
  // Told as long as nothing newer shows that it was put right.
  const isRefused = refused && refusedAt && (!at || refusedAt > at);
  return (
    <div role="status">
      {at ? (
        <Line mark="ok">
          Seen alive: <b>{origin}</b> opened a chat <Moment at={at} />.
        </Line>
      ) : (
        <Line mark="none">
          {listed
            ? 'Not seen yet. Open a page that carries the snippet, then reload this one.'
            : 'List the origins of your pages below: none may carry the chat yet.'}
        </Line>
      )}
      {isRefused && (
        <Line mark="bad">
          <b>{refused}</b> asked <Moment at={refusedAt} /> and was refused: it is not among the origins below.
        </Line>
      )}
    </div>
  );
}

const marks = {
  ok: ['●', 'var(--theme-success-500)'],
  bad: ['●', 'var(--theme-error-500)'],
  none: ['○', 'var(--theme-elevation-500)'],
} as const;

function Line({ mark, children }: { mark?: keyof typeof marks; children: ReactNode }) {
  const [sign, color] = mark ? marks[mark] : [];
  return (
    <p style={{ margin: '6px 0 0', overflowWrap: 'anywhere' }}>
      {sign && (
        <span aria-hidden="true" style={{ color }}>
          {sign}{' '}
        </span>
      )}
      {children}
    </p>
  );
}

/** In the server's own words, since this is made there: which zone the reader is in, it can't know. */
function Moment({ at }: { at: Date }) {
  const text = at.toISOString();
  return <time dateTime={text}>{`on ${text.slice(0, 10)} at ${text.slice(11, 16)} UTC`}</time>;
}

const box: CSSProperties = {
  display: 'grid',
  gap: 8,
  padding: 16,
  marginBlockEnd: 24,
  border: '1px solid var(--theme-elevation-150)',
  borderRadius: 4,
  background: 'var(--theme-elevation-50)',
};

const code: CSSProperties = {
  margin: 0,
  padding: 12,
  overflowX: 'auto',
  whiteSpace: 'pre',
  fontFamily: 'var(--font-mono)',
  fontSize: 13,
  color: 'var(--theme-elevation-800)',
  background: 'var(--theme-input-bg)',
  border: '1px solid var(--theme-elevation-150)',
  borderRadius: 4,
};
