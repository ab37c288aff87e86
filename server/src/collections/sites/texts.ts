/** Words that a site's pages show in place of ours: plain text, handed over with each session. */
import type { Field } from 'payload';

export interface SiteTexts {
  title?: string;
  greeting?: string;
  greetingText?: string;
  placeholder?: string;
}

/** Most characters of each. */
export const textChars = { title: 60, greeting: 60, greetingText: 160, placeholder: 60 } as const;

const names = Object.keys(textChars) as Array<keyof SiteTexts>;

const about: Record<keyof SiteTexts, { label: string; placeholder: string; description: string }> = {
  title: {
    label: 'Title',
    placeholder: 'Support',
    description: 'The heading of the chat. Rooms and direct conversations keep their own.',
  },
  greeting: {
    label: 'Greeting',
    placeholder: 'Hello',
    description: 'The large line that a visitor sees before anything was said.',
  },
  greetingText: {
    label: 'Text under the greeting',
    placeholder: 'We usually answer within an hour.',
    description: 'One or two sentences: when somebody answers, what to ask here.',
  },
  placeholder: {
    label: 'Hint in the empty field',
    placeholder: 'Write a message',
    description: 'What stands in the field until somebody types.',
  },
};

/** Blanks and line breaks in a row are one blank; what is nothing but blanks is left out. */
const tidyText = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() || null : value;

function textFault(value: unknown, most: number): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return 'Must be text.';
  if (!value.isWellFormed() || /\p{Cc}/u.test(value)) return 'Must be plain text, without control characters.';
  return value.length > most ? `At most ${most} characters; these are ${value.length}.` : undefined;
}

export const textsField: Field = {
  name: 'texts',
  type: 'group',
  label: false,
  admin: { hideGutter: true },
  fields: names.map((name): Field => {
    const { label, placeholder, description } = about[name];
    const most = textChars[name];
    const field = {
      name,
      label,
      hooks: { beforeValidate: [({ value }: { value?: unknown }) => tidyText(value)] },
      validate: (value: unknown) => textFault(value, most) ?? true,
      admin: { placeholder, description: `${description} At most ${most} characters.` },
    };
    return name === 'greetingText' ? { type: 'textarea', ...field } : { type: 'text', ...field };
  }),
};

/** As they stand in a row: those that say something. */
export function textsOf(value: unknown): SiteTexts {
  const row = (value ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    names.flatMap((name) => (typeof row[name] === 'string' && row[name] ? [[name, row[name]]] : [])),
  );
}
