import { expect, it } from 'vitest';
import { initials } from './avatar.ts';

it.each([
  ['Leo Marsh', 'LM'],
  ['leo', 'L'],
  ['  Ana  Maria Ferreira ', 'AF'],
  ['Жанна Агузарова', 'ЖА'],
  ['佐藤 美咲', '佐'],
  ['سلمى حداد', 'س'],
  ['🎉 party', '🎉'],
  ['', '?'],
])('%j is %s', (name, letters) => expect(initials(name)).toBe(letters));
