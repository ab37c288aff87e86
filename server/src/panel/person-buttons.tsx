'use client';

import { Button, ConfirmationModal, toast, useConfig, useDocumentInfo, useModal } from '@payloadcms/ui';
import { useRouter } from 'next/navigation.js';

const modal = 'chat-erase-person';

export function PersonButtons() {
  const { id, title } = useDocumentInfo();
  const { config } = useConfig();
  const { openModal } = useModal();
  const router = useRouter();
  if (!id) return null;
  const path = `${config.serverURL}${config.routes.api}/chat/people/${encodeURIComponent(String(id))}`;

  async function erase() {
    const answer = await fetch(`${path}/erase`, { method: 'POST', credentials: 'include' });
    const said = (await answer.json().catch(() => undefined)) as
      | { messages?: number; errors?: Array<{ message?: string }> }
      | undefined;
    if (!answer.ok) return void toast.error(said?.errors?.[0]?.message ?? 'Nothing was erased.');
    toast.success(`Erased, with ${said?.messages ?? 0} messages.`);
    router.push(`${config.routes.admin}/collections/chat-users`);
  }

  return (
    <section style={{ display: 'flex', gap: 12, flexWrap: 'wrap', marginBlockEnd: 24 }} aria-label="Privacy">
      <Button buttonStyle="secondary" el="anchor" url={`${path}/export`} newTab>
        Export
      </Button>
      <Button buttonStyle="error" onClick={() => openModal(modal)}>
        Erase…
      </Button>
      <ConfirmationModal
        modalSlug={modal}
        heading={`Erase ${title ?? 'this person'}?`}
        body="What he wrote becomes empty, his name and picture go from every table and log, and his sessions end. What others wrote stays. It can't be undone."
        confirmLabel="Erase for good"
        confirmingLabel="Erasing"
        onConfirm={erase}
      />
    </section>
  );
}
