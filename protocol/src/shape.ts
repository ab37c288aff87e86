/**
 * Small parsers from `unknown`, each a plain function, so that the page pays a few hundred bytes for them.
 * A parser collects every fault it meets instead of stopping at the first (PROTOCOL S9: 400 with all faults). What
 * makes parsers is annotated for bundlers: a shape that nobody uses leaves nothing behind.
 */

/**
 * What was wrong with one field: its dotted path (`""` is the whole value) and a sentence about it. While parsers run
 * it is a word with its bounds; `parse` makes the sentence, which pages have no use for.
 */
export interface Fault {
  field: string;
  message: string;
  min?: number | undefined;
  max?: number | undefined;
}

/** Reads `value`; pushes to `faults` what it can't accept, and what it returns then means nothing. */
export type Parser<T> = (value: unknown, faults: Fault[], field: string) => T;

/** The type that a parser answers. */
export type Parsed<P> = P extends Parser<infer T> ? T : never;

export type Result<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

/** Applies a parser to a whole value. */
export function parse<T>(parser: Parser<T>, value: unknown): Result<T> {
  const faults: Fault[] = [];
  const parsed = parser(value, faults, '');
  if (!faults.length) return { ok: true, value: parsed };
  return { ok: false, faults: faults.map((fault) => ({ field: fault.field, message: sentenceOf(fault) })) };
}

function sentenceOf({ message, min, max }: Fault): string {
  const wanted: Record<string, string> = {
    text: `text of ${min} to ${max} characters`,
    whole: `a whole number from ${min} on`,
    flag: 'true or false',
    list: 'a list',
    object: 'an object',
  };
  return Object.hasOwn(wanted, message) ? `Must be ${wanted[message]}.` : message;
}

/** As `parse`, where a refusal needs no reason: `undefined`. */
export function read<T>(parser: Parser<T>, value: unknown): T | undefined {
  const faults: Fault[] = [];
  const parsed = parser(value, faults, '');
  return faults.length ? undefined : parsed;
}

/** What it answers means nothing. */
function refuse(faults: Fault[], field: string, message: string, min?: number, max?: number): never {
  faults.push({ field, message, min, max });
  return undefined as never;
}

/** A string of `min` to `max` UTF-16 units (at most as many as a body), none of them NUL, which Postgres can't store. */
/* @__NO_SIDE_EFFECTS__ */
export function text(min = 0, max = 65_536): Parser<string> {
  return (value, faults, field) =>
    typeof value === 'string' && value.length >= min && value.length <= max && !value.includes('\0')
      ? value
      : refuse(faults, field, 'text', min, max);
}

/** A word of a list that may grow: all text is accepted, since pages embedded today read servers of later years. */
/* @__NO_SIDE_EFFECTS__ */
export function word<T extends string>(): Parser<T> {
  return text(1) as Parser<string> as Parser<T>;
}

/** A whole number of at least `min`. */
/* @__NO_SIDE_EFFECTS__ */
export function whole(min = 0): Parser<number> {
  return (value, faults, field) =>
    Number.isSafeInteger(value) && (value as number) >= min ? (value as number) : refuse(faults, field, 'whole', min);
}

export const flag: Parser<boolean> = (value, faults, field) =>
  typeof value === 'boolean' ? value : refuse(faults, field, 'flag');

/** Absent and `null` are both `undefined`. */
/* @__NO_SIDE_EFFECTS__ */
export function optional<T>(parser: Parser<T>): Parser<T | undefined> {
  return unless(undefined, parser);
}

/** `null` (or absent) stays `null`. */
/* @__NO_SIDE_EFFECTS__ */
export function nullable<T>(parser: Parser<T>): Parser<T | null> {
  return unless(null, parser);
}

/* @__NO_SIDE_EFFECTS__ */
function unless<T, N>(none: N, parser: Parser<T>): Parser<T | N> {
  return (value, faults, field) => (value == null ? none : parser(value, faults, field));
}

/* @__NO_SIDE_EFFECTS__ */
export function list<T>(parser: Parser<T>): Parser<T[]> {
  return (value, faults, field) =>
    Array.isArray(value)
      ? value.map((item, index) => parser(item, faults, `${field}.${index}`))
      : refuse(faults, field, 'list');
}

type Optional<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
type Required<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] };
type Tidy<T> = { [K in keyof T]: T[K] };

/** An object of named fields. Fields it does not name are left out of the answer, without a fault. */
/* @__NO_SIDE_EFFECTS__ */
export function object<F extends Record<string, Parser<unknown>>>(
  fields: F,
): Parser<Tidy<Optional<{ [K in keyof F]: Parsed<F[K]> }> & Required<{ [K in keyof F]: Parsed<F[K]> }>>> {
  return (value, faults, field) => {
    if (typeof value !== 'object' || !value || Array.isArray(value)) return refuse(faults, field, 'object');
    const answer: Record<string, unknown> = {};
    for (const name in fields) {
      const given = (value as Record<string, unknown>)[name];
      const parsed = fields[name]?.(given, faults, field ? `${field}.${name}` : name);
      if (parsed !== undefined) answer[name] = parsed;
    }
    return answer as never;
  };
}
