import type { User } from '@payload-chat/protocol';
import { html, nothing, type TemplateResult } from 'lit/html.js';

/**
 * A square of initials in one of eight hues; the picture lies over it, so that one that can't be loaded (or that the
 * host's CSP forbids) leaves the initials. Decorative: the name always stands beside it.
 */
export function avatar({ id, name, avatar: picture }: Pick<User, 'id' | 'name' | 'avatar'>): TemplateResult {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) % 9973;
  return html`<span class="a" part="avatar" aria-hidden="true" .style=${`--h:${20 + (hash % 8) * 45}`}>
    ${initials(name)}${
      /^https?:/.test(picture ?? '')
        ? html`<img src=${picture} alt="" referrerpolicy="no-referrer" @error=${hide}>`
        : nothing
    }
  </span>`;
}

/** Two letters where the script has capitals, else one. */
export function initials(name: string): string {
  const names = name.trim().split(/\s+/);
  const [first = ''] = names[0] ?? '';
  const [last = ''] = names.at(-1) ?? '';
  const one = first.toUpperCase();
  return names.length > 1 && /\p{Lu}/u.test(one) ? one + last.toUpperCase() : one || '?';
}

function hide({ target }: Event): void {
  (target as HTMLElement).remove();
}
