/** Every state of a thread side by side, as the design draws them. `?theme=dark`, `?page=thread|states|controls|rtl|narrow`. */
import '../src/chat-thread.ts';
import { ChatError } from '@payload-chat/protocol';
import { begin } from '../src/more/composing.ts';
import { draftOf } from '../src/more/draft.ts';
import type { ShownMessage, ThreadView } from '../src/view.ts';
import type { Words } from '../src/words.ts';
import { arabicWords } from './arabic-words.ts';
import { ines, jonas, leo, maya, me, misaki, said, salma, seat, stillClient, viewOf } from './still.ts';

const query = new URLSearchParams(location.search);
document.documentElement.style.colorScheme = query.get('theme') ?? 'light dark';
const page = query.get('page') ?? 'states';
document.body.className = page;

interface Card {
  title?: string;
  view: Partial<ThreadView>;
  write?: string;
  reply?: ShownMessage;
  edit?: ShownMessage;
  width?: number;
  height?: number;
  style?: string;
  theme?: string;
  dir?: string;
  words?: Partial<Words>;
  after?(element: HTMLElement): void;
}

function card({ title, view, write, reply, edit, width, height, style, theme, dir, words, after }: Card) {
  const box = document.createElement('figure');
  if (title) {
    const caption = document.createElement('figcaption');
    caption.textContent = title;
    box.append(caption);
  }
  const client = stillClient(viewOf(view));
  const thread = document.createElement('chat-thread');
  thread.client = client;
  if (words) thread.words = words;
  if (width) thread.style.width = `${width}px`;
  if (height) thread.style.height = `${height}px`;
  if (style) thread.style.cssText += style;
  if (theme) thread.setAttribute('theme', theme);
  if (dir) {
    thread.dir = dir;
    thread.lang = 'ar';
  }
  const draft = draftOf(client.open({ support: true }));
  if (reply) begin(draft, 'reply', reply);
  if (edit) begin(draft, 'edit', edit);
  if (write !== undefined) draft.text = write;
  box.append(thread);
  document.body.append(box);
  if (after) setTimeout(() => after(thread), 100);
}

const order = said(leo, '14:20', 'Could you send me the order number?');
const shape = { width: 364, height: 340 };
const delivery = 'Can I still change the delivery day?';
const hold = said(leo, '14:20', "I've put the invoice on hold until Thursday.");
const support = viewOf().thread;
const room = support && { ...support, kind: 'room' as const, title: 'Tidewater builders' };
const direct = support && { ...support, kind: 'direct' as const, title: '' };
const inShadow = (element: HTMLElement, selector: string) => element.shadowRoot?.querySelector<HTMLElement>(selector);

const retention = said(
  jonas,
  '-1 16:12',
  'One thing I noticed: the retention job still runs at midnight UTC, so our Berlin charts lose two hours.',
);
const builders: ShownMessage[] = [
  said(jonas, '-1 16:12', 'The import finished overnight: 4.1 million rows in 38 minutes, no retries.'),
  retention,
  said(
    me,
    '-1 16:15',
    "That's the old default. You can set the hour and the zone per bucket now:\n```\nawait tide.bucket('meters').update({\n  retention: { days: 90, at: '00:00', zone: 'Europe/Berlin' },\n})\n```",
    { replyTo: retention.id },
  ),
  said(me, '-1 16:15', 'No restart needed 🎉'),
  said(
    misaki,
    '09:02',
    'おはようございます。`zone` を設定したら、グラフのずれが直りました。助かりました、ありがとうございます！',
  ),
];
const unseen = builders.at(-1)?.seq ?? 0;
builders.push(
  said(ines, '09:31', 'Bom dia! Same week, before and after the change.'),
  said(jonas, '09:33', 'Danke! I added it to our Datenaufbewahrungsrichtlinienübersicht.'),
  said(jonas, '09:33', 'See https://tide.example/docs/retention_(old) and the **changelog**, _please_.'),
);

const pages: Record<string, () => void> = {
  thread() {
    card({
      view: { thread: room, messages: builders, newAfter: unseen, typing: [ines], participants: [seat(jonas)] },
      write: 'Looks right to me. Shall we make it the default in 4.2?',
      width: 720,
      height: 1100,
      after: (thread) => thread.focus(),
    });
  },
  states() {
    const own = (more: Partial<ShownMessage>, text = delivery) => [said(me, '14:22', text, more)];
    card({ title: 'Sending', view: { messages: own({ seq: 0, delivery: { is: 'pending' } }) }, ...shape });
    card({ title: 'Sent', view: { messages: own({}) }, ...shape });
    card({ title: 'Read', view: { messages: own({}), readByOthers: 9999 }, ...shape });
    const failed = { is: 'failed', error: new ChatError('unreachable') } as const;
    card({ title: 'Not sent', view: { messages: own({ seq: 0, delivery: failed }) }, ...shape });
    const long = {
      is: 'failed',
      error: new ChatError('too-large', { message: 'That is too long. Shorten it, then send.' }),
    } as const;
    card({
      title: 'Refused',
      view: {
        messages: own(
          { seq: 0, delivery: long },
          "Here's the full log of last night's run, all 9,000 lines of it: 02:14:07 worker",
        ),
      },
      ...shape,
    });
    card({
      title: 'Edited',
      view: { messages: [said(leo, '14:20', 'Delivery is on Friday, between 9 and 12.', { editedAt: 'x' })] },
      ...shape,
    });
    card({ title: 'Deleted', view: { messages: [said(leo, '14:20', '', { deletedAt: 'x' })] }, ...shape });
    card({ title: 'Only emoji', view: { messages: [said(leo, '14:21', '🎉🙌')] }, ...shape });
    card({
      title: 'Hover',
      view: { messages: [order] },
      ...shape,
      after: (thread) => inShadow(thread, '.bar')?.style.setProperty('opacity', '1'),
    });
    card({
      title: 'Keyboard focus',
      view: { messages: [order] },
      ...shape,
      after: (thread) => inShadow(thread, '.m')?.classList.add('ring'),
    });
    card({
      title: 'Reply',
      view: { messages: [order, said(me, '14:23', "It's HD-20417.", { replyTo: order.id })], readByOthers: 9999 },
      ...shape,
    });
    card({ title: 'Typing', view: { messages: [order], typing: [leo] }, ...shape });
    card({ title: 'Several', view: { thread: room, messages: [order], typing: [leo, maya] }, ...shape });
    card({
      title: 'Dividers and system lines',
      view: {
        thread: support && { ...support, status: 'closed', createdAt: '2020-01-01' },
        participants: [seat(maya, hold.timestamp)],
        messages: [said(me, '14:00', 'Hello?'), hold],
        newAfter: 0,
      },
      ...shape,
    });
    const minuteAgo = Date.now() - 60_000;
    card({
      title: 'Reconnecting',
      view: { connection: { is: 'reconnecting', sinceMs: minuteAgo }, messages: [hold] },
      ...shape,
    });
    const waiting = said(me, '14:31', 'Thursday is fine.', { seq: 0, delivery: { is: 'waiting' } });
    card({
      title: 'Offline',
      view: { connection: { is: 'offline', sinceMs: minuteAgo }, messages: [hold, waiting] },
      ...shape,
    });
    card({ title: 'Slow', view: { connection: { is: 'slow', sinceMs: minuteAgo }, messages: [hold] }, ...shape });
    card({ title: 'Failing', view: { connection: { is: 'failing', sinceMs: minuteAgo }, messages: [hold] }, ...shape });
    card({
      title: 'Direct',
      view: { thread: direct, messages: [hold, said(me, '14:31', 'Thursday is fine.')] },
      ...shape,
    });
    card({
      title: 'Scrolled up',
      view: {
        messages: [
          ...Array.from({ length: 12 }, (_, index) => said(leo, `13:${10 + index}`, `Line ${index}`)),
          ...Array.from({ length: 3 }, (_, index) => said(leo, `14:${10 + index}`, `New line ${index}`)),
        ],
      },
      ...shape,
      after: (thread) => {
        const log = inShadow(thread, '.lg');
        if (log) log.scrollTop = 60;
        const reading = Reflect.get(thread, '_reading') as { _seen: number };
        reading._seen = seqOf(thread) - 3;
        setTimeout(() => Reflect.get(thread, 'requestUpdate').call(thread), 100);
      },
    });
    card({ title: 'Loading', view: { phase: { is: 'loading' }, thread: undefined }, ...shape });
    card({ title: 'Empty', view: { thread: undefined }, ...shape });
    const texts = {
      title: 'Halden & sons',
      greeting: 'Good morning from the workshop',
      greetingText: 'We answer from 8 to 18, in English and Norwegian. Ask about lamps, shades or your order.',
      placeholder: 'Ask us about lamps',
    };
    card({ title: 'A site’s own words', view: { thread: undefined, site: { texts } }, ...shape });
    card({
      title: "Can't be loaded",
      view: { phase: { is: 'failed', error: new ChatError('unreachable') } },
      ...shape,
    });
    card({ title: 'Not yours, or gone', view: { phase: { is: 'absent' }, thread: undefined }, ...shape });
  },
  controls() {
    const box = { width: 490, height: 280 };
    card({ title: 'Empty: at rest', view: {}, ...box });
    card({ title: 'Writing', view: {}, write: 'Friday works for me', ...box, after: (thread) => thread.focus() });
    card({ title: 'Replying', view: { messages: [order] }, reply: order, write: "It's HD-20417", ...box });
    const mine = said(me, '14:22', 'Friday between 9 and 12');
    card({ title: 'Editing', view: { messages: [mine] }, edit: mine, ...box });
    card({
      title: 'Close to the limit',
      view: {},
      write: `${'…and that is everything I remember of that morning. '.repeat(73)}`,
      ...box,
    });
    card({ title: 'Too long', view: {}, write: 'x'.repeat(4100), ...box });
    card({ title: 'Too fast', view: { sendAgainAtMs: Date.now() + 8000 }, write: 'And another thing', ...box });
    const closed = { thread: room, site: { rooms: 'read' as const } };
    card({ title: 'Closed to you', view: closed, ...box });
    card({
      title: 'Closed to you, from right to left',
      view: closed,
      ...box,
      dir: 'rtl',
      words: { ...arabicWords, membersOnly: 'يمكن للأعضاء فقط الكتابة هنا.', signIn: 'تسجيل الدخول' },
    });
    card({ title: 'Closed to you, narrow', view: closed, ...box, width: 300 });
    card({
      title: 'Menu',
      view: { messages: [said(me, '14:20', 'A message of mine')] },
      width: 490,
      height: 420,
      after: (thread) => inShadow(thread, '[name=menu]')?.click(),
    });
  },
  theming() {
    const talk: Partial<ThreadView> = {
      thread: direct && { ...direct, kind: 'support', title: 'Leo Marsh' },
      messages: [
        said(leo, '14:20', 'We ship again from Monday. Shall I set one aside?'),
        said(leo, '14:20', "It's the last spruce one until March."),
        said(me, '14:22', 'Yes please! [Order HD-20417](https://halden.example) has my address.'),
        said(leo, '14:23', 'Thank you, I will call. `HD-20417`'),
      ],
      newAfter: seqNow() - 1,
      readByOthers: 9999,
    };
    const box = { width: 350, height: 600, view: talk, write: 'Thank you, Leo' };
    card({ ...box, title: 'Nothing set' });
    card({
      ...box,
      title: 'A bakery',
      style:
        ';--chat-accent:#a8431f;--chat-surface:#fffaf2;--chat-surface-sunken:#f6eee2;--chat-bubble:#f5ebdc;--chat-line:#eadfce;--chat-font:Georgia,serif;--chat-radius:8px',
    });
    card({
      ...box,
      title: 'A night club',
      theme: 'dark',
      style: ';--chat-accent:#c9f24b;--chat-surface:#0b0c0d;--chat-bubble:#1c1f20;--chat-radius:20px',
    });
    card({
      ...box,
      title: 'A ministry',
      style:
        ';--chat-accent:#1d3f8f;--chat-bubble-own:var(--chat-accent);--chat-bubble-own-text:#fff;--chat-bubble:#edf0f5;--chat-radius:0px',
    });
  },
  rtl() {
    const found = said(
      salma,
      '10:04',
      'أهلًا بك! وجدتُ الطلب: خرج من المستودع أمس، والتسليم يوم الخميس بين 9:00 و12:00.',
    );
    const talk: Partial<ThreadView> = {
      thread: support && { ...support, title: 'دعم هالدن' },
      participants: [seat(salma, found.timestamp)],
      messages: [
        said(me, '10:02', 'مرحبًا، طلبتُ المصباح قبل أسبوع ولم يصل بعد. رقم الطلب HD-20417.'),
        found,
        said(salma, '10:04', 'هذا إشعار الشحن:'),
        said(me, '10:06', 'ممتاز. هل يمكن تسليمه إلى الجيران إن لم أكن في البيت؟', { replyTo: found.id }),
        said(me, '10:06', "I'll be back after 6 pm."),
        said(salma, '10:07', 'بالتأكيد، أضفتُ ملاحظة للسائق 👍'),
      ],
      readByOthers: found.seq - 1,
      typing: [salma],
    };
    for (const theme of ['dark', 'light'])
      card({ view: talk, theme, dir: 'rtl', words: arabicWords, width: theme === 'dark' ? 360 : 465, height: 860 });
  },
  narrow() {
    const talk = viewOf({ participants: [seat(maya)] });
    const messages = [
      said(me, '10:02', 'Hi! The lamp came this morning, but the shade has a crack 😕'),
      said(maya, '10:04', "Oh no, I'm sorry. That happened on the way, not at your end."),
      said(maya, '10:04', 'A new shade can leave us tonight. To the same address in Lyon?'),
      said(me, '10:05', 'Yes please. Do I send the broken one back?'),
      said(maya, '10:06', 'No need, glass recycling is fine. Tracking: https://track.example/370722151234567890'),
    ];
    for (const width of [360, 320])
      card({ view: { ...talk, messages, typing: [maya] }, width, height: 660, style: ';border:0;border-radius:0' });
  },
  wide() {
    card({ view: { thread: room, messages: builders, newAfter: unseen, typing: [ines] }, width: 1180, height: 760 });
  },
};

function seqNow() {
  return said(leo, '1:00', '').seq - 1;
}

function seqOf(thread: HTMLElement): number {
  return (Reflect.get(thread, '_last') as ThreadView).messages.at(-1)?.seq ?? 0;
}

pages[page]?.();
