/** The build packs it. */
const css = ([text = '']: TemplateStringsArray): string => text;

/** Of both elements, beside those that they begin with. */
export const styles = css`
  :host {
    --_l: clamp(0, (.1791 - (.2126*clamp(0, r, 1) + .7152*clamp(0, g, 1) + .0722*clamp(0, b, 1)))*10000, 1);
    --_oa: var(--chat-on-accent, color(from var(--_a) srgb-linear var(--_l) var(--_l) var(--_l)));
    --_ss: var(--chat-surface-sunken, light-dark(#f3f6f6, #0d1112));
    --_d: var(--chat-danger, light-dark(#b3261e, #ff9a90));
    --_sr: var(--chat-surface-raised, light-dark(#fff, #1d2427));
    --_w: var(--chat-warning, light-dark(#7a5200, #f0bd5a));
    --_o: var(--chat-online, light-dark(#17784a, #56c48d));
    --_v: color-mix(in srgb, var(--_t) 5%, transparent);
  }
  button {
    cursor: pointer;
    border-radius: calc(var(--_r)*.625);
    -webkit-tap-highlight-color: transparent;
  }
  .lg { overscroll-behavior: contain; scrollbar-color: var(--_li) transparent }
  .i:where(:hover) { background: var(--_v); color: var(--_t) }
  .i:where(:active) { background: var(--_p) }
  .d { color: var(--_d) !important }
  a { color: var(--_at) }
  strong { font-weight: 600 }
  a { text-underline-offset: 2px }
  .o a { color: var(--chat-bubble-own-text, var(--_at)) }
  code, pre { font: calc(1em*13/15)/calc(20/13) var(--chat-font-mono, ui-monospace, "SF Mono", Consolas, monospace) }
  code, pre { border-radius: 4px; background: color-mix(in srgb, var(--_s) 72%, transparent) }
  code { padding: 2px 4px; line-height: 1 }
  pre { padding: 8px 12px; border-radius: calc(var(--_r)*.625); margin: 8px 0 2px; overflow-x: auto; direction: ltr }
  pre code { padding: 0; background: none; font: inherit }
  h3 { margin: 0; font: inherit }
  h3, .u, .pl, .bt { font-weight: 600 }
  .bn, .q b, .u, .tp, .pl { display: flex; align-items: center; gap: 8px }
  .q b { gap: 4px }
  .u, .tp { padding-top: 16px; font-size: .8em; line-height: calc(16/12); color: var(--_m) }
  .q b, .u { color: var(--_at) }
  .u { gap: 12px }
  .bn, .q, .pl { font-size: calc(1em*13/15) }
  .q { padding: 8px 12px; border-radius: calc(var(--_r)*.625); background: color-mix(in srgb, var(--_s) 72%, transparent) }
  h3, .bt { color: var(--_t) }
  .q { display: block; margin: 0 -4px 6px; color: var(--_m); line-height: calc(18/13) }
  .q span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden }
  .u::after { content: ""; flex: 1; border-top: 1px solid; opacity: .6 }
  .tp .b { display: flex; gap: 4px; padding: 10px 11px }
  .tp s { width: 6px; height: 6px; border-radius: 3px; background: var(--_m); animation: dot 1.2s infinite }
  .tp s + s { animation-delay: .2s }
  .tp s + s + s { animation-delay: .4s }
  .pl {
    position: absolute;
    bottom: 12px;
    inset-inline: 0;
    width: max-content;
    height: 36px;
    margin-inline: auto;
    padding-inline: 12px 16px;
    border: 1px solid transparent;
    border-radius: 18px;
    background: var(--_t);
    color: var(--_s);
    box-shadow: 0 2px 6px #00000014, 0 12px 32px #00000024;
  }
  .st { margin-block: auto; padding: 16px; text-align: center; font-size: calc(1em*14/15); line-height: calc(20/14); color: var(--_m) }
  .st > * { margin-inline: auto }
  .st > div {
    display: grid;
    place-items: center;
    width: 56px;
    height: 56px;
    margin-bottom: 16px;
    border: 1px solid var(--_ls);
    border-radius: calc(var(--_r)*1.25);
    border-end-end-radius: calc(var(--_h)*1.25);
  }
  .st p { max-width: 17em; text-wrap: balance }
  h3 { font-size: calc(1em*16/14); line-height: calc(22/16) }
  .bt { margin-top: 16px; padding: 9px 15px; border: 1px solid var(--_ls) }
  @keyframes dot { 0%, 60% { opacity: .4 } 30% { opacity: 1 } }
  .bn { flex: none; overflow: hidden; height: 36px; padding-inline: 16px; border-bottom: 1px solid var(--_li); white-space: nowrap; background: var(--_ss); color: var(--_m) }
  /* A line that is back within 2 s was never worth a word, and that it is back is one for 2 s. */
  .reconnecting { animation: away 2s }
  .reconnecting b { font-weight: 400 }
  .reconnecting svg { animation: spin 1s linear infinite }
  .offline, .slow, .failing { color: var(--_w) }
  .back { color: var(--_o); animation: gone 0s 2s forwards }
  @keyframes gone { to { height: 0; border: 0; visibility: hidden } }
  @keyframes away { from, to { height: 0; border: 0; visibility: hidden } }
  @keyframes spin { to { rotate: 1turn } }
  .pending .b, .waiting .b { opacity: .72 }
  :host(:dir(rtl)) .reply { transform: scaleX(-1) }
  .x .b { border: 1px dashed var(--_ls); background: none; color: var(--_m); font-style: italic }
  .y b { color: var(--_t) }
  .failed .b { border-color: var(--_d) }
  .m:focus-visible .b { outline: 2px solid var(--_at) }
  .n button, .bn button { font-weight: 600; text-decoration: underline; text-underline-offset: 2px }
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
  .f { cursor: text }
  .f:focus-within { border-color: var(--_at); box-shadow: 0 0 0 1px var(--_at) }
  textarea { outline: 0 !important; max-height: calc(14px + 6lh); overflow: hidden auto; field-sizing: content; scrollbar-width: thin }
  .send:enabled { background: var(--_a); color: var(--_oa) }
  .send:disabled { background: none; cursor: default; color: var(--_m) }
  .send:enabled:hover { background: color-mix(in srgb, var(--_t) 12%, var(--_a)) }
  .send:enabled:active { background: color-mix(in srgb, var(--_t) 22%, var(--_a)) }
  .f:has(~ .cl) { display: none }
  .cl {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 44px;
    padding: 0 12px;
    border: 1px solid var(--_li);
    border-radius: var(--_r);
    background: var(--_ss);
    color: var(--_m);
  }
  .cl p { flex: 1; margin: 0 }
  .cl > :last-child { color: var(--_at); font-weight: 600; text-decoration: none }
  .k {
    display: flex;
    align-items: center;
    min-height: 52px;
    padding-inline: 12px 4px;
    border-radius: calc(var(--_r) - 4px);
    background: var(--_ss);
    color: var(--_m);
    font-size: calc(1em*13/15);
    line-height: calc(18/13);
  }
  .k p { flex: 1; min-width: 0; margin: 0 }
  .k b { display: block; color: var(--_at); font-weight: 600 }
  .k span, .k b { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; display: block }
  .n[aria-live] { text-align: end }
  .n.d { text-align: start }
  .ks { display: none }
  @container (min-width: 600px) { .f:focus-within ~ .ks { display: block; margin-bottom: -4px } }
  @supports not (color: oklch(from red l c h)) {
    :host {
      --_oa: var(--chat-on-accent, light-dark(#fff, #000));
      --_at: var(--chat-accent-text, light-dark(#005468, #8ed8ea));
      --_bo: var(--chat-bubble-own, light-dark(#d2ebf3, #1b3e49));
    }
  }
  @media (prefers-reduced-motion: reduce) { .reconnecting svg, .tp s { animation: none } }
  @media (pointer: coarse) {
    textarea { max-height: calc(20px + 6lh) }
    .mn button { height: 44px }
    .b { -webkit-touch-callout: none; user-select: none; touch-action: manipulation }
    .n button, .bn button { padding-block: 14px; margin-block: -14px }
    .cl > :last-child { padding-block: 14px }
    .f ~ .ks { display: none !important }
  }
  @media (forced-colors: active) {
    .i { color: ButtonText }
    .o .b { border-width: 2px; padding: 7px 11px }
    .f:focus-within { outline: 2px solid Highlight }
    .send:enabled { forced-color-adjust: none; background: Highlight; color: HighlightText }
  }
`;
