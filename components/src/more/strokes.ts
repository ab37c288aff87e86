/** Glyphs that nobody sees before he does something. */
export const strokes = {
  more: 'M4 10h.01M10 10h.01M16 10h.01',
  copy: 'M9 7h6q2 0 2 2v6q0 2-2 2H9q-2 0-2-2V9q0-2 2-2M13 7V5q0-2-2-2H5Q3 3 3 5v6q0 2 2 2h2',
  edit: 'M4 16l1-4 8.5-8.5q1-1 2 0l1 1q1 1 0 2L8 15zM12 5l3 3',
  delete: 'M4 5.5h12M8 5.5V3h4v2.5M5.5 5.5l.7 11.5h7.6l.7-11.5M8.5 9v5M11.5 9v5',
  close: 'M5 5l10 10M15 5 5 15',
  clock: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 6.5V10l2.5 1.5',
  down: 'M10 4v12M5 11l5 5 5-5',
  reply: 'M8 4 3.5 8.5 8 13M3.5 8.5H12a4.5 4.5 0 0 1 4.5 4.5v3',
  alert: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 6.5v4M10 13.5h.01',
  lock: 'M6.5 9h7q1.5 0 1.5 1.5v4q0 1.5-1.5 1.5h-7Q5 16 5 14.5v-4Q5 9 6.5 9M7 9V7a3 3 0 0 1 6 0v2',
  lines: 'M3.5 7.5h13M3.5 12.5h8',
  offline: 'M3 3l14 14M2.5 8q1.5-1.5 3.5-2.3M9.5 5q4.5 0 8 3M5.5 11.5q1-1 2.5-1.4M12.5 10.3l2 1.2M10 15h.01',
  spinner: 'M10 3a7 7 0 1 1-7 7',
};
