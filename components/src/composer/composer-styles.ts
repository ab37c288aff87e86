import { css } from '../base.ts';

export const composerStyles = css`
  :host { display: block; container-type: inline-size }
  .c { max-width: calc(var(--_w0) + 32px); margin-inline: auto; padding: 0 var(--_g) var(--_g) }
  .f { padding: 3px; border: 1px solid var(--_ls); border-radius: var(--_r); background: var(--_s); cursor: text }
  .f:focus-within { border-color: var(--_at); box-shadow: 0 0 0 1px var(--_at) }
  .r { display: flex; align-items: end }
  textarea {
    outline: 0 !important;
    flex: 1;
    min-width: 0;
    padding: 7px 12px;
    min-height: 36px;
    max-height: calc(14px + 6lh);
    overflow: hidden auto;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    field-sizing: content;
    scrollbar-width: thin;
  }
  ::placeholder { color: var(--_m); opacity: 1 }
  .send:enabled { background: var(--_a); color: var(--_oa) }
  .send:disabled { background: none; cursor: default }
  .n { padding: 8px 12px 0; color: var(--_m); font-size: .8em; line-height: calc(16/12) }
  @media (pointer: coarse) {
    textarea { font-size: max(16px, 1em*16/15); line-height: 24px; padding-block: 10px; min-height: 44px; max-height: calc(20px + 6lh) }
  }
  @media (forced-colors: active) {
    .f:focus-within { outline: 2px solid Highlight }
    .send:enabled { forced-color-adjust: none; background: Highlight; color: HighlightText }
  }
`;
