import { defineConfig } from 'vite';
import { tidyTemplates } from '../build/tidy-templates.mjs';

/** The gallery of states, with the sources as they are. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [tidyTemplates()],
  server: { port: 24_100, open: false },
});
