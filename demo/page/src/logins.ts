/** Who may sign in at the admin panel. Each part is a button that copies it. */
import { byId, copyOf } from './by-id.ts';
import type { Person } from './config.ts';
import { copyOnClick } from './copy.ts';

export function showLogins(people: Person[]): void {
  byId('logins').replaceChildren(
    ...people.map((person) => {
      const row = copyOf('login');
      const part = (selector: string) => row.querySelector(selector) as HTMLElement;
      part('dt').textContent = person.kind;
      for (const name of ['email', 'password'] as const) {
        const button = part(`.${name}`);
        button.textContent = person[name];
        button.setAttribute(
          'aria-label',
          `Copy the ${person.kind}’s ${name === 'email' ? 'e-mail' : name}: ${person[name]}`,
        );
        copyOnClick(button, () => person[name]);
      }
      return row;
    }),
  );
}
