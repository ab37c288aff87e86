/**
 * Small parsers from `unknown`, each a plain function, so that the page pays a few hundred bytes for them.
 * A parser collects every fault it meets instead of stopping at the first (PROTOCOL S9: 400 with all faults).
 */

/** What was wrong with one field: its dotted path (`""` is the whole value) and a sentence about it. */
export interface Fault {
  field: string;
  message: string;
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
  return faults.length ? { ok: false, faults } : { ok: true, value: parsed };
}

/** As `parse`, where a refusal needs no reason: `undefined`. */
export function read<T>(parser: Parser<T>, value: unknown): T | undefined {
  const result = parse(parser, value);
  return result.ok ? result.value : undefined;
}

/** A string of `min` to `max` UTF-16 units (at most as many as a body), none of them NUL, which Postgres can't store. */
export function text(min = 0, max = 65_536): Parser<string> {
  return (value, faults, field) => {
    if (typeof value !== 'string' || value.length < min || value.length > max || value.includes('\0'))
      faults.push({ field, message: `Must be text of ${min} to ${max} characters.` });
    return value as string;
  };
}

/** A word of a list that may grow: any text is accepted, since pages embedded today read servers of later years. */
export function word<T extends string>(): Parser<T> {
  return text(1) as Parser<string> as Parser<T>;
}

/** A whole number of at least `min`. */
export function whole(min = 0): Parser<number> {
  return (value, faults, field) => {
    if (!Number.isSafeInteger(value) || (value as number) < min)
      faults.push({ field, message: `Must be a whole number from ${min} on.` });
    return value as number;
  };
}

export const flag: Parser<boolean> = (value, faults, field) => {
  if (typeof value !== 'boolean') faults.push({ field, message: 'Must be true or false.' });
  return value as boolean;
};

/** Absent and `null` are both `undefined`. */
export function optional<T>(parser: Parser<T>): Parser<T | undefined> {
  return (value, faults, field) => (value == null ? undefined : parser(value, faults, field));
}

/** `null` (or absent) stays `null`. */
export function nullable<T>(parser: Parser<T>): Parser<T | null> {
  return (value, faults, field) => (value == null ? null : parser(value, faults, field));
}

export function list<T>(parser: Parser<T>): Parser<T[]> {
  return (value, faults, field) => {
    if (Array.isArray(value)) return value.map((item, index) => parser(item, faults, `${field}.${index}`));
    faults.push({ field, message: 'Must be a list.' });
    return [];
  };
}

type Optional<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
type Required<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] };
type Tidy<T> = { [K in keyof T]: T[K] };

/** An object of named fields. Fields it does not name are left out of the answer, without a fault. */
export function object<F extends Record<string, Parser<unknown>>>(
  fields: F,
): Parser<Tidy<Optional<{ [K in keyof F]: Parsed<F[K]> }> & Required<{ [K in keyof F]: Parsed<F[K]> }>>> {
  return (value, faults, field) => {
    const answer: Record<string, unknown> = {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      faults.push({ field, message: 'Must be an object.' });
    } else {
      for (const name in fields) {
        const parsed = fields[name]?.(
          (value as Record<string, unknown>)[name],
          faults,
          field ? `${field}.${name}` : name,
        );
        if (parsed !== undefined) answer[name] = parsed;
      }
    }
    return answer as never;
  };
}
