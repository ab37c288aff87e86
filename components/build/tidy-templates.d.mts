import type { Plugin } from 'vite';

export function tidyTemplates(): Plugin;
