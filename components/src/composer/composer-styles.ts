import { css } from '../base.ts';

export const composerStyles = css`
  :host { display: block; container-type: inline-size }
  .c { max-width: calc(var(--_w0) + 32px); margin-inline: auto; padding: 0 16px 16px }
  .f {
    padding: 3px;
    border: 1px solid var(--_ls);
    border-radius: var(--_r);
    background: var(--_s);
    cursor: text;
  }
  .f:focus-within { border-color: var(--_at); box-shadow: 0 0 0 1px var(--_at) }
  .r { display: flex; align-items: end }
  textarea {
    all: unset;
    outline: 0 !important;
    flex: 1;
    min-width: 0;
    box-sizing: border-box;
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
  .send:enabled:hover { background: color-mix(in srgb, var(--_t) 12%, var(--_a)) }
  .send:enabled:active { background: color-mix(in srgb, var(--_t) 22%, var(--_a)) }
  .send:disabled { background: none; cursor: default; color: var(--_m) }
  .k {
    display: flex;
    align-items: center;
    min-height: 52px;
    padding-inline: 12px 4px;
    border-radius: calc(var(--_r) - 4px);
    background: var(--_ss);
    color: var(--_m);
    font-size: calc(var(--_z)*13/15);
    line-height: calc(18/13);
  }
  .k p { flex: 1; min-width: 0; margin: 0 }
  .k b { display: block; color: var(--_at); font-weight: 600 }
  .k span, .k b { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; display: block }
  .n { padding: 8px 12px 0; color: var(--_m); font-size: .8em; line-height: calc(16/12) }
  .n[aria-live] { text-align: end }
  .n.d { color: var(--_d); text-align: start }
  .y { display: none }
  @container (min-width: 600px) { .f:focus-within ~ .y { display: block; margin-bottom: -4px } }
  @media (max-width: 479px) { .c { padding: 0 12px 12px } }
  @media (pointer: coarse) {
    textarea { font-size: max(16px, 1em*16/15); line-height: 24px; padding-block: 10px; min-height: 44px; max-height: calc(20px + 6lh) }
    .f ~ .y { display: none !important }
  }
  @media (forced-colors: active) {
    .f:focus-within { outline: 2px solid Highlight }
    .send:enabled { forced-color-adjust: none; background: Highlight; color: HighlightText }
  }
`;
