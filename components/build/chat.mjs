/**
 * The script for a tag, as text: `chat.js`, and `chat-more.js`, which the first fetches at the reader's first intent and
 * hands what both need. Neither imports the other by a fixed address: a copy under another URL would load twice.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { minify } from 'terser';
import { build } from 'vite';

const folder = path.join(import.meta.dirname, '..');

/**
 * More names that never leave the sources. Some are the browser's too, of what these sources do not use: whoever begins to
 * takes them off.
 */
const inner = `
  againAtMs attempt forget hold lookAgain onLogin onRenew onSwitch paging persist prepend refresh refuse restart says settle
  stopTyping sync topic typists untilMs visit wake written
  dense nudge onEvent onReady onReset onSignal onState onUnauthorized unsettle unwatch
  barView between betweenView bannerOf bannerView closedView composing contentView moveIn newWords pageBack pillView
  preview quoteView requestUpdate stateView typingView undeliveredView
  contentChars core docAnswer englishWords handed icon isSend keyOf nothing pageMessages snapshotShape strokes
  typingEveryMs typingShownMs shared threads setters original acts
  drop toNew hasten steady held hear keep store path current unsettle
  renew snapshot epoch strings strip hint Deeds fit request move unplan
`;

const options = {
  module: true,
  ecma: 2020,
  compress: {
    passes: 2,
    hoist_props: false,
    unsafe_math: true,
    unsafe: true,
    unsafe_comps: true,
    hoist_funs: true,
    unsafe_methods: true,
    pure_getters: true,
    lhs_constants: false,
  },
  // Names with an underscore are no one else's: those of these sources. Both files call them the same.
  mangle: { properties: { builtins: true, regex: new RegExp(`^(_.*|${inner.trim().split(/\s+/).join('|')})$`) } },
  format: { comments: false },
};

/** One file's code and the modules it is made of. */
async function bundle(mode) {
  const { output } = await build({
    configFile: path.join(folder, 'vite.config.ts'),
    mode,
    logLevel: 'error',
    build: { write: false, minify: false },
  });
  const [{ code, moduleIds }] = output;
  return { code, moduleIds };
}

/** @returns {Promise<{ chat: string, more: string }>} */
export async function buildChat() {
  const first = await bundle('chat');
  const second = await bundle('more');
  const twice = second.moduleIds.filter((id) => first.moduleIds.includes(id));
  if (twice.length) throw new Error(`Both files of chat.js hold ${twice.join(', ')}: let the first hand it over.`);
  const nameCache = {};
  const { code: chat } = await minify(first.code.replace(/\bconst /g, 'let '), { ...options, nameCache });
  const { code: more } = await minify(
    `export default (core, handed) => { ${second.code.replace(/\bconst /g, 'let ')}; return more; };`,
    { ...options, nameCache },
  );
  // The first takes no other second file than this.
  const integrity = `sha256-${createHash('sha256').update(more).digest('base64')}`;
  return { chat: chat.replace('__INTEGRITY__', integrity), more };
}
