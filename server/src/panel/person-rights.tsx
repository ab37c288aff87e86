/** On a person's page, for admins: everything that the chat holds of him, and its erasure. */
import type { UIFieldServerComponent } from 'payload';
import { accountOf } from '../access/reader.ts';
import { optionsOf } from '../options.ts';
import { PersonButtons } from './person-buttons.tsx';

export const PersonRights: UIFieldServerComponent = ({ payload, req }) => {
  const account = accountOf(req);
  return account && optionsOf(payload).isAdmin(account) ? <PersonButtons /> : null;
};
