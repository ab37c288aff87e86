import path from 'node:path';
import { defineConfig } from 'vite';

/** Builds the page of the two people. The plain page and the shop are served as they are written: that is their point. */
export default defineConfig({
  root: path.join(import.meta.dirname, 'page'),
  build: {
    outDir: path.join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    // What the elements ask for as well; older targets would have `light-dark()` rewritten.
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    // A strict policy knows no data: scripts, and the page's styles stay files of its own origin.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
