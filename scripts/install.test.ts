import { expect, test } from 'vitest';
import { whyInstall } from './install.mjs';

const wanted = {
  packages: {
    '': { version: '0.1.0' },
    edge: { version: '0.1.0' },
    'node_modules/@payload-chat/edge': { resolved: 'edge', link: true },
    'node_modules/hono': { version: '4.13.19' },
    'edge/node_modules/@types/x': { version: '1.0.0' },
    'node_modules/@esbuild/win32-x64': { version: '0.28.2', optional: true },
  },
};

const installed = (packages: Record<string, { version: string }>) => ({
  packages: {
    'node_modules/hono': { version: '4.13.19' },
    'edge/node_modules/@types/x': { version: '1.0.0' },
    ...packages,
  },
});

test('nothing is installed when all that the lock file names is there; another platform’s part may be missing', () => {
  expect(whyInstall(wanted, installed({}))).toBeNull();
});

test('a fresh clone needs an install', () => {
  expect(whyInstall(wanted, null)).toBe('no dependencies yet');
});

test('another version than the lock file’s needs an install', () => {
  expect(whyInstall(wanted, installed({ 'node_modules/hono': { version: '4.12.0' } }))).toBe('hono 4.13.19 is missing');
});

test('an optional package of another version needs an install', () => {
  const there = installed({ 'node_modules/@esbuild/win32-x64': { version: '0.1.0' } });
  expect(whyInstall(wanted, there)).toBe('@esbuild/win32-x64 0.28.2 is missing');
});

test('a package that is missing in a part’s own folder needs an install', () => {
  const { 'edge/node_modules/@types/x': _, ...rest } = installed({}).packages;
  expect(whyInstall(wanted, { packages: rest })).toBe('@types/x 1.0.0 is missing');
});
