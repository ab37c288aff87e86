/** Clock times and days as the reader's language writes them. */

export interface Times {
  time(iso: string): string;
  /** A day further back than yesterday; the year only where it is not this one. */
  day(iso: string): string;
}

const held = new Map<string, Times>();

/**
 * `lang` is the page's language; where the browser's own is a variant of it (en-GB on an English page), that one is
 * taken, since it knows the reader's clock.
 */
export function timesIn(lang: string): Times {
  const own = navigator.languages.find((language) => language.split('-')[0] === lang) ?? (lang || undefined);
  let times = held.get(lang);
  if (!times) {
    const clock = formatter(own, { timeStyle: 'short' });
    const near = formatter(own, { weekday: 'long', day: 'numeric', month: 'long' });
    const far = formatter(own, { dateStyle: 'long' });
    times = {
      time: (iso) => clock(new Date(iso)),
      day: (iso) => (new Date(iso).getFullYear() === new Date().getFullYear() ? near : far)(new Date(iso)),
    };
    held.set(lang, times);
  }
  return times;
}

function formatter(lang: string | undefined, options: Intl.DateTimeFormatOptions): (date: Date) => string {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat(lang, options);
  } catch {
    format = new Intl.DateTimeFormat(undefined, options); // A page's lang attribute is no valid tag.
  }
  return (date) => (Number.isNaN(+date) ? '' : format.format(date));
}
