'use client';

import { Button, toast } from '@payloadcms/ui';
import { useState } from 'react';

/** Copies the text; where the browser lets no page do that (a panel without TLS), says so. */
export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast.error('The browser does not let this page copy. Select the text instead.');
    }
  }
  return (
    <Button buttonStyle="secondary" size="small" margin={false} onClick={() => void copy()}>
      <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
    </Button>
  );
}
