import { css } from '../base.ts';

export const composerStyles = css`
  :host { display: block; container-type: inline-size }
  .c { max-width: calc(var(--_w0) + 32px); margin-inline: auto; padding: 0 var(--_g) var(--_g) }
  .f { padding: 3px; border: 1px solid var(--_ls); border-radius: var(--_r); background: var(--_s) }
  .r { display: flex; align-items: end }
  textarea { flex: 1; min-width: 0; min-height: 36px; padding: 7px 12px; overflow-wrap: anywhere; white-space: pre-wrap }
  ::placeholder { color: var(--_m); opacity: 1 }
  .n { padding: 8px 12px 0; color: var(--_m); font-size: .8em; line-height: calc(16/12) }
  @media (pointer: coarse) { textarea { font-size: max(16px, 1em*16/15); line-height: 24px; padding-block: 10px; min-height: 44px } }
`;
