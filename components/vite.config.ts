import path from 'node:path';
import { defineConfig } from 'vite';
import { tidyTemplates } from './build/tidy-templates.mjs';

const here = (name: string) => path.join(import.meta.dirname, name);

/** What the first file of `chat.js` hands to the second, and under which name. */
const handedOver = new Map([
  [here('src/core.ts'), 'core'],
  [here('src/look/handed.ts'), 'handed'],
]);

/**
 * One output of the build: `chat` and `more` are the two files of the script for a tag (build/chat.mjs makes them);
 * `entries` are npm's, which leave Lit to the page.
 */
export default defineConfig(({ mode }) => {
  const script = mode !== 'entries';
  const names = script
    ? [mode === 'chat' ? 'chat' : 'chat-more']
    : ['index', 'chat-provider', 'chat-thread', 'chat-composer'];
  return {
    root: import.meta.dirname,
    publicDir: false,
    plugins: [tidyTemplates()],
    resolve: { alias: script ? [{ find: 'lit/html.js', replacement: here('src/look/templates.ts') }] : [] },
    build: {
      target: 'es2024',
      outDir: 'dist',
      emptyOutDir: false,
      modulePreload: false,
      minify: 'terser',
      terserOptions: {
        module: true,
        ecma: 2020,
        compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, hoist_props: true },
        // Entries share chunks, and each chunk is mangled by itself: they keep the names they meet each other by.
        mangle: true,
        format: { comments: false },
      },
      rolldownOptions: {
        input: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
        external: (id, importer) =>
          mode === 'entries'
            ? /^lit(\/|$)/.test(id)
            : mode === 'more' && importer !== undefined && handedOver.has(path.resolve(path.dirname(importer), id)),
        preserveEntrySignatures: 'strict',
        treeshake: { moduleSideEffects: (id) => !id.includes(`${path.sep}protocol${path.sep}`) },
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'shared/[name].js',
          generatedCode: { symbols: false },
          ...(mode === 'more'
            ? { format: 'iife', name: 'more', globals: (id: string) => handedOver.get(id) ?? id }
            : { format: 'es' }),
        },
      },
    },
  };
});
