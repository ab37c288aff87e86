/**
 * The least of a custom element over Lit's templates: attributes as properties, one update for many changes. LitElement
 * does the same and more, for 2.2 of the 16 kB that a page pays.
 */
import { render, type TemplateResult } from 'lit/html.js';

/** On a server there are no elements to extend: the modules load there, and nothing is defined. */
const Element = (globalThis.HTMLElement ?? Object) as typeof HTMLElement;

export abstract class Base extends Element {
  /** Attributes, each a property too. */
  static observedAttributes: string[] = [];
  /** Properties that no attribute carries. */
  static objects: string[] = [];

  /** @internal */
  readonly _root = this.attachShadow({ mode: 'open' });
  private _due = false;

  constructor(...styles: Array<() => CSSStyleSheet>) {
    super();
    this._root.adoptedStyleSheets = styles.map((made) => made());
  }

  connectedCallback(): void {
    // What a page set before the element was defined hides the property: it is set again.
    for (const name of Object.keys(this)) {
      if (name in Object.getPrototypeOf(this)) {
        const value = Reflect.get(this, name);
        Reflect.deleteProperty(this, name);
        Reflect.set(this, name, value);
      }
    }
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

  protected _update(): void {
    render(this._view(), this._root, { host: this });
  }

  protected abstract _view(): TemplateResult;
}

/** Defines an element once. A second copy on the page leaves the first in place and says so. */
export function define(name: string, element: typeof Base & CustomElementConstructor): void {
  if (!globalThis.customElements) return;
  if (customElements.get(name)) {
    console.warn(`<${name}> is defined already: this page loads it twice.`);
    return;
  }
  for (const attribute of element.observedAttributes) {
    if (attribute in element.prototype) continue; // `lang` is every element's.
    Object.defineProperty(element.prototype, attribute, {
      get(this: Base) {
        return this.getAttribute(attribute) ?? undefined;
      },
      set(this: Base, value: unknown) {
        if (value == null) this.removeAttribute(attribute);
        else this.setAttribute(attribute, String(value));
      },
    });
  }
  for (const object of element.objects) {
    const values = new WeakMap<Base, unknown>();
    Object.defineProperty(element.prototype, object, {
      get(this: Base) {
        return values.get(this);
      },
      set(this: Base, value: unknown) {
        values.set(this, value);
        this.requestUpdate();
      },
    });
  }
  customElements.define(name, element);
}

/** A stylesheet for `adoptedStyleSheets`, which no CSP forbids; one for all elements. The template holds no values. */
export function css([text = '']: TemplateStringsArray): () => CSSStyleSheet {
  let styles: CSSStyleSheet | undefined;
  return () => {
    if (!styles) {
      styles = new CSSStyleSheet();
      styles.replaceSync(text);
    }
    return styles;
  };
}
