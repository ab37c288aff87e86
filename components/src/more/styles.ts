import { handed } from '../look/handed.ts';

const { css } = handed;

/** Of both elements, beside those that they begin with. */
export const styles = css`
  :host {
    --_sr: var(--chat-surface-raised, light-dark(#fff, #1d2427));
    --_v: color-mix(in srgb, var(--_t) 5%, transparent);
  }
  .i:where(:hover) { background: var(--_v); color: var(--_t) }
  .i:where(:active) { background: var(--_p) }
  .pending .b, .waiting .b { opacity: .72 }
  .failed .b { border-color: var(--_d) }
  .m:focus-visible .b { outline: 2px solid var(--_at) }
  .n button { font-weight: 600; text-decoration: underline; text-underline-offset: 2px }
  .bar {
    position: absolute;
    bottom: calc(100% - 8px);
    inset-inline-start: max(0px, 100% - 76px);
    display: flex;
    padding: 3px;
    border: 1px solid var(--_li);
    border-radius: calc(var(--_r) * .75);
    background: var(--_sr);
    box-shadow: 0 1px 2px #00000014, 0 2px 8px #0000000f;
    opacity: 0;
    pointer-events: none;
    transition: opacity .12s;
    z-index: 1;
  }
  .o .bar { inset-inline: auto 4px }
  .bar .i { width: 32px; height: 32px; border-radius: calc(var(--_r) * .5) }
  @media (hover: hover) { .m:hover .bar { opacity: 1; pointer-events: auto } }
  .bar:focus-within { opacity: 1 }
  .mn {
    position: fixed;
    inset: auto;
    width: 216px;
    margin: 0;
    padding: 4px;
    border: 1px solid var(--_li);
    border-radius: calc(var(--_r) * .75);
    background: var(--_sr);
    color: inherit;
    box-shadow: 0 2px 6px #00000014, 0 12px 32px #00000024;
  }
  .mn button { display: flex; align-items: center; gap: 12px; width: 100%; height: 40px; padding-inline: 12px; border-radius: calc(var(--_r) * .5) }
  .mn button:is(:hover, :focus) { background: var(--_v) }
  .mn svg, kbd { color: var(--_m) }
  .mn .d svg { color: inherit }
  .mn button { outline-offset: -2px }
  .mn span { flex: 1 }
  kbd { font: inherit; font-size: .8em; text-transform: uppercase }
  hr { margin: 4px; border: 0; border-top: 1px solid var(--_li) }
  .bt:hover { background: var(--_v) }
  .send:enabled:hover { background: color-mix(in srgb, var(--_t) 12%, var(--_a)) }
  .send:enabled:active { background: color-mix(in srgb, var(--_t) 22%, var(--_a)) }
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
  .n[aria-live] { text-align: end }
  .n.d { color: var(--_d); text-align: start }
  .ks { display: none }
  @container (min-width: 600px) { .f:focus-within ~ .ks { display: block; margin-bottom: -4px } }
  @media (pointer: coarse) {
    .mn button { height: 44px }
    .b { -webkit-touch-callout: none; user-select: none; touch-action: manipulation }
    .n button { padding-block: 14px; margin-block: -14px }
    .f ~ .ks { display: none !important }
  }
`;
