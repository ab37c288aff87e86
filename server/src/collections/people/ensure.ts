/** Makes the row of a person who does something that lasts; a visitor has none before his first message. */
import type { UserKind } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { refuseClaimed } from '../../identity/claims.ts';
import { noteWrite } from '../../log/append.ts';
import { tablesOf, transactionOf } from '../../log/database.ts';
import { optionsOf } from '../../options.ts';
import { know } from '../look-up.ts';
import { columns, type PersonRow, personRow } from '../rows.ts';
import type { Site } from '../sites/site.ts';

export interface Person {
  id: string;
  name: string;
  kind: UserKind;
  avatar?: string;
  /** The host's account: members and agents. */
  account?: string | number;
  staff?: boolean;
  /** The site's key: externals and visitors. */
  site?: string;
}

/** The chat's person behind an account, as its row should be. */
export function personOfAccount(req: PayloadRequest, site: Site, account: Record<string, unknown>): Person {
  const options = optionsOf(req.payload);
  const id = account.id as string | number;
  const staff = options.isAdmin(account);
  return {
    id: `m_${id}`,
    name: options.displayName(account),
    kind: staff || site.agents.includes(String(id)) ? 'agent' : 'member',
    account: id,
    staff,
  };
}

/**
 * Makes the row, or refreshes name, kind and avatar where `refresh` says so. In the request's transaction; two at once
 * make one row.
 */
export async function ensurePerson(req: PayloadRequest, person: Person, refresh = false): Promise<PersonRow> {
  const query = await transactionOf(req);
  const { people } = tablesOf(req.payload);
  const held = await query(`select ${columns.person} from ${people} u where u.id = $1`, [person.id]);
  const found = held[0] && personRow(held[0]);
  if (found && (!refresh || isSame(found, person))) {
    await know(req, { person: found });
    return found;
  }
  await noteWrite(req);
  if (found) {
    await req.payload.update({
      collection: 'chat-users',
      id: person.id,
      data: fields(person),
      depth: 0,
      overrideAccess: true,
      req,
    });
  } else {
    if (person.kind === 'visitor') await refuseClaimed(req, person.id);
    await req.payload.create({ collection: 'chat-users', data: fields(person), depth: 0, overrideAccess: true, req });
  }
  const row: PersonRow = {
    id: person.id,
    name: person.name,
    kind: person.kind,
    avatar: person.avatar,
    account: person.account === undefined ? undefined : String(person.account),
    staff: person.staff === true,
    site: person.site,
  };
  await know(req, { person: row });
  return row;
}

function isSame(held: PersonRow, { name, kind, avatar, staff }: Person): boolean {
  return held.name === name && held.kind === kind && held.avatar === avatar && held.staff === (staff === true);
}

const fields = ({ id, name, kind, avatar, account, staff, site }: Person) => ({
  id,
  name,
  kind,
  avatar: avatar ?? null,
  account: account ?? null,
  staff: staff === true,
  site: site ?? null,
});
