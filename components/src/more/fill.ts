/** Puts a name or a number into words that wait for one. */
export function fill(word: string, value: string | number): string {
  return word.replace('{}', () => String(value));
}
