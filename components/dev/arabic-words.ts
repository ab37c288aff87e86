import type { Words } from '../src/words.ts';

export const arabicWords: Partial<Words> = {
  placeholder: 'اكتب رسالة',
  send: 'أرسل',
  sent: 'أُرسلت',
  read: 'قُرئت',
  team: 'الدعم',
  today: 'اليوم',
  yesterday: 'أمس',
  joined: 'انضمّت {}',
  typing: '{} تكتب',
  keys: '',
};
