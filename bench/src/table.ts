/** How a benchmark prints: the ratio first, what it was made of behind it. */

export function title(text: string): void {
  console.log(`\n${text}`);
}

export function row(name: string, ratio: number | undefined, wanted: string, figures: string[]): void {
  const first = ratio === undefined ? '     ' : ratio.toFixed(2).padStart(5);
  console.log(`  ${first}  ${name.padEnd(46)} ${wanted.padEnd(14)} ${figures.join(' · ')}`);
}
