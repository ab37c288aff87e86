/**
 * The least of a custom element over Lit's templates: attributes as properties, one update for many changes. LitElement
 * does the same and more, for 2.2 of the 16 kB that a page pays.
 */
import { render, type TemplateResult } from 'lit/html.js';

/** On a server there are no elements to extend: the modules load there, and nothing is defined. */
const Element = (globalThis.HTMLElement ?? Object) as typeof HTMLElement;

/** Properties that an attribute carries; `lang`, which is heard too, is every element's. */
const attributes = ['site', 'edge', 'thread', 'room', 'theme', 'heading'];
/** Properties that none carries. */
const objects = ['client', 'words', 'getToken'];
const sheets = new Map<string, CSSStyleSheet>();

export abstract class Base extends Element {
  static observedAttributes = [...attributes, 'lang'];

  /** @internal */
  readonly _root = this.attachShadow({ mode: 'open' });
  /** @internal */
  _objects: Record<string, unknown> = {};
  private _due = false;

  constructor(...styles: string[]) {
    super();
    this._style(...styles);
    // What a page set before the element was defined hides the property: it is set again.
    for (const name of [...attributes, ...objects])
      if (Object.hasOwn(this, name)) {
        const value = Reflect.get(this, name);
        Reflect.deleteProperty(this, name);
        Reflect.set(this, name, value);
      }
  }

  /** Adds stylesheets, each one for all elements: no CSP forbids them. */
  protected _style(...styles: string[]): void {
    for (const text of styles) {
      const sheet = sheets.get(text) ?? new CSSStyleSheet();
      if (!sheets.has(text)) sheet.replaceSync(text);
      sheets.set(text, sheet);
      this._root.adoptedStyleSheets.push(sheet);
    }
  }

  connectedCallback(): void {
    this.requestUpdate();
  }

  attributeChangedCallback(): void {
    this.requestUpdate();
  }

  /** Shows the element anew in a moment, once for however many calls until then; never while detached. */
  requestUpdate(): void {
    if (this._due) return;
    this._due = true;
    queueMicrotask(() => {
      this._due = false;
      if (this.isConnected) this._update();
    });
  }

  /** @internal */
  _update(): void {
    render(this._view(), this._root, { host: this });
  }

  protected abstract _view(): TemplateResult;
}

for (const name of attributes)
  Object.defineProperty(Base.prototype, name, {
    get(this: Base) {
      return this.getAttribute(name) ?? undefined;
    },
    set(this: Base, value: unknown) {
      if (value == null) this.removeAttribute(name);
      else this.setAttribute(name, String(value));
    },
  });

for (const name of objects)
  Object.defineProperty(Base.prototype, name, {
    get(this: Base) {
      return this._objects[name];
    },
    set(this: Base, value: unknown) {
      this._objects[name] = value;
      this.requestUpdate();
    },
  });

/** Defines an element once. A second copy on the page leaves the first in place and says so. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!globalThis.customElements) return;
  if (customElements.get(name)) console.warn(`<${name}> is defined already.`);
  else customElements.define(name, element);
}

/** The text of a stylesheet, which the build packs. It holds no values. */
export const css = ([text = '']: TemplateStringsArray): string => text;
