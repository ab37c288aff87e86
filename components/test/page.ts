/** What the elements' tests hold in their hand: a thread on a page, over the fake edge, and the eyes and hands of who uses it. */
import axe from 'axe-core';
import { assert } from 'chai';
import { createClient, type KeyStorage } from '../src/client.ts';
import type { Client } from '../src/view.ts';
import { createFakeEdge, type FakeEdge, type FakeEdgeOptions, people } from './fake-edge.ts';
import '../src/chat-thread.ts';

export interface Page {
  edge: FakeEdge;
  /** A direct thread of Ana (m_1) and Ben (m_2). */
  direct: string;
  /** The client of one user, on a line of its own. */
  clientOf(user: string): Client & { line: ReturnType<FakeEdge['line']> };
}

const open: Array<() => void> = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
  document.body.replaceChildren();
  document.documentElement.removeAttribute('dir');
  document.documentElement.style.colorScheme = '';
});

export function memoryStorage(): KeyStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

export function setUp(options: FakeEdgeOptions = {}): Page {
  const edge = createFakeEdge(options);
  open.push(() => edge.close());
  for (const person of people) edge.addUser(person);
  return {
    edge,
    direct: edge.makeDirect('m_1', 'm_2'),
    clientOf(user) {
      const line = edge.line();
      const client = createClient({
        edge: edge.url,
        site: edge.site,
        ...(user ? { getToken: edge.getToken(user) } : {}),
        fetch: line.fetch,
        storage: memoryStorage(),
        events: new EventTarget(),
        random: () => 0.1, // Short waits between attempts.
      });
      open.push(() => client.close());
      return Object.assign(Object.create(client) as Client, { line });
    },
  };
}

/** Puts a thread onto the page, in the look of the test's own. */
export function show(attributes: Record<string, string>, client?: Client, height = 600): HTMLElement {
  const thread = document.createElement('chat-thread');
  if (client) thread.client = client;
  for (const [name, value] of Object.entries(attributes)) thread.setAttribute(name, value);
  thread.style.height = `${height}px`;
  document.body.append(thread);
  return thread;
}

/** Waits until `look` answers something; what it threw last is told when that takes too long. */
export async function until<T>(
  what: string,
  look: () => T | undefined | null | false | '' | 0,
  limitMs = 5000,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`Waited ${limitMs} ms for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Two frames: what was asked for is laid out and its observers have run. */
export async function settled(): Promise<void> {
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
}

export function all(root: Element, selector: string): HTMLElement[] {
  const found: HTMLElement[] = [];
  const look = (within: ParentNode) => {
    found.push(...within.querySelectorAll<HTMLElement>(selector));
    for (const element of within.querySelectorAll('*')) if (element.shadowRoot) look(element.shadowRoot);
  };
  if (root.shadowRoot) look(root.shadowRoot);
  return found;
}

/** The first part of that name, as a page's stylesheet names it. */
export function part(root: Element, name: string): HTMLElement | undefined {
  return all(root, `[part~="${name}"]`)[0];
}

/** The texts of the bubbles, in order. */
export function bubbles(root: Element): string[] {
  return all(root, '[part~="bubble"]').map((bubble) => bubble.querySelector('[dir=auto]:not(span)')?.textContent ?? '');
}

/** The text of one element as it stands on the screen, hidden parts left out. */
export function seen(element: HTMLElement | null | undefined): string {
  // biome-ignore lint/performance/useDomNodeTextContent: what can be seen is asked for here.
  return element?.innerText ?? '';
}

/** What stands on the screen. */
export function textOf(root: Element): string {
  const within = (shadow: ShadowRoot | null): string =>
    shadow
      ? [...shadow.children].map((child) => seen(child as HTMLElement)).join('\n') +
        [...shadow.querySelectorAll('*')].map((child) => within(child.shadowRoot)).join('\n')
      : '';
  return within(root.shadowRoot).replace(/\s+/g, ' ');
}

/** The one with the keyboard's attention, whatever shadow it is in. */
export function focused(): Element | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
}

/** Nothing that axe finds fault with. */
export async function assertAccessible(root: Element): Promise<void> {
  // What is still moving in is judged where it arrives.
  for (const animation of root.shadowRoot?.getAnimations() ?? [])
    if (animation.effect?.getComputedTiming().iterations === 1) await animation.finished;
  const { violations } = await axe.run(root, { rules: { region: { enabled: false } } });
  assert.deepEqual(
    violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target, any }) => `${target} ${any[0]?.message}`).join('; ')}`,
    ),
    [],
  );
}
