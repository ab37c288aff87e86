/**
 * As much of Lit's templates as the elements use, for `chat.js`, whose build puts this file in the place of
 * `lit/html.js`: text, templates and lists as children; an attribute, `.property`, `?boolean` or `@event` as a whole.
 * Lit itself costs a page 2.1 kB more; npm's entries leave it to the page. A value stands in a tag behind `name=`.
 */

export interface TemplateResult {
  strings: TemplateStringsArray;
  values: unknown[];
}

/** TypeScript's DOM does not know it yet. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML(markup: string): string }): { createHTML(markup: string): string };
}

type Setter = (value: unknown) => void;

export const nothing = Symbol();

export const html = (strings: TemplateStringsArray, ...values: unknown[]): TemplateResult => ({ strings, values });

const templates = new WeakMap<TemplateStringsArray, HTMLTemplateElement>();
/** The name under which pages with a list of policies allow Lit. */
const policy = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes?.createPolicy('lit-html', {
  createHTML: (markup) => markup,
});
/** A container keeps what fills it. */
type Root = Node & { _set?: Setter };

/** Shows a template in `container`, after what a page may have put there. */
export function render(value: unknown, container: Root): void {
  container._set ??= child(container.appendChild(new Comment()));
  container._set(value);
}

/** What stands before the comment `end`. Text is changed where it stands, and so is what came from the same template. */
function child(end: Comment): Setter {
  const start = new Text();
  end.before(start);
  let last: unknown;
  let setters: Setter[] | undefined;
  return (value) => {
    const { strings, values } = (value ?? {}) as Partial<TemplateResult>;
    if (value === last) return;
    const same = setters && strings === (last as TemplateResult).strings;
    last = value;
    const made = !same && strings && make(strings);
    if (made) setters = made.setters;
    else if (!strings) setters = undefined;
    // Before it stands on the page, so that no element in it wakes up without its properties.
    setters?.forEach((set, index) => {
      set(values?.[index]);
    });
    if (same) return;
    while (start.nextSibling !== end) start.nextSibling?.remove();
    const list = Array.isArray(value);
    const text = list || strings || value === nothing ? '' : String(value ?? '');
    if (start.data !== text) start.data = text;
    if (made) end.before(made.content);
    if (list)
      for (const item of value) {
        const place = new Comment();
        end.before(place);
        child(place)(item);
      }
  };
}

/**
 * A copy of a template, and what fills its places: a comment is a child's, an attribute's has a name with a `$` in front,
 * so that nothing meets the place itself as its value.
 */
function make(strings: TemplateStringsArray) {
  let template = templates.get(strings);
  if (!template) {
    template = document.createElement('template');
    const markup = strings
      .join('\0')
      .replace(/(\S+)=\0/g, '$$$1')
      .replace(/\0/g, '<!>');
    template.innerHTML = policy?.createHTML(markup) ?? markup;
    templates.set(strings, template);
  }
  const content = document.importNode(template.content, true);
  const walker = document.createTreeWalker(content, 129); // Elements and comments.
  const setters: Setter[] = [];
  for (let node = walker.nextNode() as Element | Comment | null; node; node = walker.nextNode() as typeof node)
    if ('data' in node) setters.push(child(node));
    else
      for (const { name } of [...node.attributes])
        if (name[0] === '$') {
          node.removeAttribute(name);
          setters.push(attribute(node as HTMLElement, name.slice(1)));
        }
  return { content, setters };
}

function attribute(element: HTMLElement, name: string): Setter {
  const rest = name.slice(1);
  let last: unknown;
  if (name[0] === '@')
    element.addEventListener(rest, (event) => (last as Setter).call((element.getRootNode() as ShadowRoot).host, event));
  return (value) => {
    if (value === last) return;
    last = value;
    if (name[0] === '.') Reflect.set(element, rest, value);
    else if (name[0] === '?') element.toggleAttribute(rest, !!value);
    else if (value === nothing) element.removeAttribute(name);
    else if (name[0] !== '@') element.setAttribute(name, value as string);
  };
}
