/** Clock times and days as the reader's language writes them. */

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * `lang` is the page's language; where the browser's own is a variant of it (en-GB on an English page), that one is
 * taken, since it knows the reader's clock. Empty for what is no time.
 */
export function timeIn(lang: string, iso: string, options: Intl.DateTimeFormatOptions): string {
  const key = lang + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    const own = navigator.languages.find((language) => language.split('-')[0] === lang) ?? lang;
    try {
      format = new Intl.DateTimeFormat(own || undefined, options);
    } catch {
      format = new Intl.DateTimeFormat(undefined, options); // A page's lang attribute is no valid tag.
    }
    formats.set(key, format);
  }
  const date = new Date(iso);
  return +date ? format.format(date) : '';
}
