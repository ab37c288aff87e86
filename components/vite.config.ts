import path from 'node:path';
import { defineConfig } from 'vite';
import { tidyTemplates } from './build/tidy-templates.mjs';

/** One output of the build: `chat` is the script for a tag, whole; `entries` are npm's, which leave Lit to the page. */
export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [tidyTemplates()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: false,
    modulePreload: false,
    minify: 'terser',
    terserOptions: {
      module: true,
      ecma: 2020,
      compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, hoist_props: true },
      // Names with an underscore are no one else's: those of these sources, and Lit's own in a bundle that holds Lit.
      // npm's entries share chunks, and each chunk is mangled by itself: there they keep the names they meet each other by.
      mangle: mode === 'chat' ? { properties: { regex: /^_/ } } : true,
      format: { comments: false },
    },
    rolldownOptions: {
      input:
        mode === 'chat'
          ? { chat: 'src/chat.ts' }
          : Object.fromEntries(
              ['index', 'chat-provider', 'chat-thread', 'chat-composer'].map((name) => [name, `src/${name}.ts`]),
            ),
      external: mode === 'chat' ? [] : [/^lit(\/|$)/],
      preserveEntrySignatures: 'strict',
      treeshake: { moduleSideEffects: (id) => !id.includes(`${path.sep}protocol${path.sep}`) },
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared/[name].js' },
    },
  },
}));
