/**
 * What a site sets lower than the plugin's options. The lower of the two holds: a site can't take more of the server than
 * its host gives to anybody.
 */
import { limits } from '@payload-chat/protocol';
import type { Field } from 'payload';

export interface SiteLimits {
  /** Messages of one person in a minute. */
  messagesPerMinute?: number;
  /** Sessions of one address in a minute: pages opened, and renewals each hour. */
  sessionsPerMinute?: number;
  /** Streams of one person that are open at once at one hop. */
  streamsPerPerson?: number;
  /** The same of one address. */
  streamsPerAddress?: number;
  /** Requests of all people of the site in a minute, at one server process. */
  requestsPerMinute?: number;
  /** Longest message, in UTF-16 units. */
  contentLength?: number;
}

interface About {
  label: string;
  /** Least and most that make sense. */
  from: number;
  to: number;
  description: string;
}

const about: Record<keyof SiteLimits, About> = {
  contentLength: {
    label: 'Longest message (characters)',
    from: 20,
    to: limits.contentChars,
    description: 'Longer ones are refused, and the field says so while somebody types.',
  },
  messagesPerMinute: {
    label: 'Messages of one person per minute',
    from: 1,
    to: 1800,
    description: 'Who writes more is asked to wait. 20 is brisk for a person.',
  },
  requestsPerMinute: {
    label: 'Requests of the whole site per minute',
    from: 60,
    to: 1_000_000,
    description:
      'Everything that the site’s people ask together; above it they are asked to wait. Mind your busiest hour.',
  },
  sessionsPerMinute: {
    label: 'Visits from one address per minute',
    from: 5,
    to: 1200,
    description: 'Pages opened from one internet address. A school or an office shares one.',
  },
  streamsPerPerson: {
    label: 'Open pages of one person',
    from: 4,
    to: 250,
    description: 'Tabs and devices at once; each needs two for a moment now and then.',
  },
  streamsPerAddress: {
    label: 'Open pages from one address',
    from: 10,
    to: 2000,
    description: 'Everybody behind one internet address together.',
  },
};

const names = Object.keys(about) as Array<keyof SiteLimits>;

const grouped = (number: number) => number.toLocaleString('en');

export const limitsField: Field = {
  name: 'limits',
  type: 'group',
  label: 'Limits',
  admin: {
    hideGutter: true,
    description: 'For this site alone, beside the server’s own: the lower of the two holds.',
  },
  fields: names.map((name): Field => {
    const { label, from, to, description } = about[name];
    return {
      name,
      type: 'number',
      label,
      validate: (value: unknown) =>
        value === undefined ||
        value === null ||
        (Number.isInteger(value) && Number(value) >= from && Number(value) <= to) ||
        `A whole number from ${grouped(from)} to ${grouped(to)}, or nothing for the server’s own.`,
      admin: {
        step: 1,
        placeholder: 'the server’s own',
        description: `${description} ${grouped(from)} to ${grouped(to)}.`,
      },
    };
  }),
};

/** As they stand in a row: those that are set. */
export function limitsOf(value: unknown): SiteLimits {
  const row = (value ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    names.flatMap((name) => (row[name] === null || row[name] === undefined ? [] : [[name, Number(row[name])]])),
  );
}

/** Longest message of a site, in UTF-16 units. */
export const contentChars = (site: { limits: SiteLimits }): number =>
  Math.min(site.limits.contentLength ?? limits.contentChars, limits.contentChars);

/** What of it hops hold by themselves, as a service stream's hello and `site.updated` say it. */
export const boundsOf = ({ limits: { streamsPerPerson, streamsPerAddress } }: { limits: SiteLimits }) => ({
  ...(streamsPerPerson === undefined ? {} : { streamsPerPerson }),
  ...(streamsPerAddress === undefined ? {} : { streamsPerAddress }),
});
