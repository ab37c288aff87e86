/** Buttons that put a text into the clipboard and say so for two seconds. */
import { byId } from './by-id.ts';

const saidMs = 2000;

export function makeCopyButtons(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-copies]')) {
    const source = byId(button.dataset.copies as string);
    copyOnClick(button, () => source.textContent ?? '');
  }
}

export function copyOnClick(button: HTMLElement, text: () => string): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener('click', async () => {
    const copied = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false, // No permission: the text stands there to be selected.
    );
    button.dataset.copied = copied ? 'Copied' : 'Select it and copy by hand';
    byId('said').textContent = button.dataset.copied;
    clearTimeout(timer);
    timer = setTimeout(() => delete button.dataset.copied, saidMs);
  });
}
