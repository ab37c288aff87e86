import { css } from '../base.ts';

/** A line that is back within 2 s was never worth a word, and that it is back is one for 2 s: `away` and `gone`. */
export const threadStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    position: relative;
    height: 640px;
    max-height: 100%;
    min-width: min(100%, 300px);
    container-type: inline-size;
    overflow: clip;
    background: var(--_s);
    border: 1px solid var(--_li);
    border-radius: calc(var(--_r) * 1.25);
  }
  h2, h3, p { margin: 0; font: inherit; font-weight: 600 }
  .h {
    display: flex;
    align-items: center;
    gap: 12px;
    flex: none;
    height: 64px;
    padding-inline: 16px;
    border-bottom: 1px solid var(--_li);
  }
  .h .a { --s: 36px }
  .ti { flex: 1; min-width: 0 }
  .ti * { overflow: hidden; white-space: nowrap; text-overflow: ellipsis }
  h2 { line-height: calc(20/15) }
  .ti p, .n, .y, .u, .by, .tp, .k { font-size: .8em; line-height: calc(16/12); color: var(--_m); font-weight: 400 }
  .a {
    --s: var(--chat-avatar-size, 32px);
    position: relative;
    display: grid;
    place-items: center;
    flex: none;
    overflow: hidden;
    width: var(--s);
    height: var(--s);
    border-radius: min(var(--s) * .31, var(--_r) * .78);
    background: light-dark(oklch(.925 .035 var(--h)), oklch(.345 .045 var(--h)));
    color: light-dark(oklch(.38 .075 var(--h)), oklch(.9 .05 var(--h)));
    font-size: calc(var(--s) * .375);
    font-weight: 600;
    line-height: 1;
  }
  .a img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover }
  .bn {
    display: flex;
    align-items: center;
    gap: 8px;
    flex: none;
    height: 36px;
    overflow: hidden;
    padding-inline: 16px;
    border-bottom: 1px solid var(--_li);
    background: var(--_ss);
    color: var(--_m);
    font-size: calc(1em*13/15);
    white-space: nowrap;
  }
  .bn b { font-weight: 600 }
  .reconnecting { animation: away 2s }
  .back { animation: gone 0s 2s forwards }
  .reconnecting b { font-weight: 400 }
  .reconnecting svg { animation: spin 1s linear infinite }
  .offline { color: var(--_w) }
  .back { color: var(--_o) }
  .lg {
    flex: 1;
    min-height: 0;
    display: flex;
    flex-direction: column;
    overflow: hidden auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--_li) transparent;
  }
  .in {
    display: flex;
    flex-direction: column;
    flex: 1 0 auto;
    justify-content: end;
    box-sizing: border-box;
    width: 100%;
    max-width: calc(var(--_w0) + 32px);
    margin-inline: auto;
    padding: 16px;
  }
  .m { position: relative; display: flex; flex-direction: column; align-items: start; padding-top: 4px; outline: 0 }
  .first { padding-top: 16px }
  .rows > :first-child > * { padding-top: 0 }
  .v { padding-inline-start: calc(var(--chat-avatar-size, 32px) + 8px) }
  .o { align-items: end }
  .m > .a { position: absolute; inset-inline-start: 0 }
  .by { display: flex; gap: 8px; max-width: 100%; margin-bottom: 4px; white-space: nowrap }
  .by b { overflow: hidden; text-overflow: ellipsis; color: var(--_t); font-size: calc(1em*13/12); font-weight: 600; line-height: calc(16/13) }
  .b {
    position: relative;
    box-sizing: border-box;
    min-width: 0;
    max-width: min(84%, 560px);
    padding: 8px 12px;
    border: 1px solid transparent;
    border-radius: var(--_r);
    border-start-start-radius: var(--_h);
    background: var(--_b);
    overflow-wrap: anywhere;
  }
  .go .b { border-end-start-radius: var(--_h) }
  .o .b {
    background: var(--_bo);
    color: var(--_bt);
    border-radius: var(--_r);
    border-end-end-radius: var(--_h);
  }
  .o:not(.first) .b { border-start-end-radius: var(--_h) }
  .t { white-space: pre-wrap }
  .t:lang(ar), .t:lang(fa), .t:lang(ur) { line-height: calc(24/15) }
  .e .b { padding: 0; background: none }
  .e .t { font-size: 2.4em; line-height: calc(44/36) }
  .x .b { border: 1px dashed var(--_ls); background: none; color: var(--_m); font-style: italic }
  a { color: var(--_at); text-underline-offset: 2px }
  .o a { color: var(--chat-bubble-own-text, var(--_at)) }
  .read { color: var(--_at) }
  strong { font-weight: 600 }
  code, pre { font: calc(1em*13/15)/1 var(--chat-font-mono, ui-monospace, "SF Mono", Consolas, monospace) }
  code, pre, .q { border-radius: 4px; background: color-mix(in srgb, var(--_s) 72%, transparent) }
  code { padding: 2px 4px }
  pre { line-height: calc(20/13); margin: 8px 0 2px; padding: 8px 12px; overflow-x: auto; border-radius: calc(var(--_r)*.625); direction: ltr }
  pre code { padding: 0; background: none; font: inherit }
  .q {
    display: block;
    margin: 0 -4px 6px;
    padding: 8px 12px;
    border-radius: calc(var(--_r) * .625);
    color: var(--_m);
    font-size: calc(1em*13/15);
    line-height: calc(18/13);
  }
  .q b { display: flex; gap: 4px; align-items: center; color: var(--_at); font-weight: 600 }
  .q span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden }
  .n { display: flex; align-items: center; gap: 4px; margin-top: 4px }
  .d { color: var(--_d) !important }
  .y { padding-block: 16px 0; text-align: center }
  .y b, .w { font-weight: 600 }
  .w.y { padding-block: 20px 4px }
  .y b { color: var(--_t) }
  .u { display: flex; align-items: center; gap: 12px; padding-block: 16px 0; color: var(--_at); font-weight: 600 }
  .u::after { content: ""; flex: 1; border-top: 1px solid; opacity: .6 }
  .tp { display: flex; align-items: center; gap: 8px; padding-top: 16px }
  .tp i {
    display: flex;
    gap: 4px;
    padding: 11px 12px;
    border-radius: var(--_r);
    border-start-start-radius: var(--_h);
    background: var(--_b);
  }
  .tp s { width: 6px; height: 6px; border-radius: 3px; background: var(--_m); animation: dot 1.2s infinite }
  .tp s + s { animation-delay: .2s }
  .tp s + s + s { animation-delay: .4s }
  .pw { position: relative; z-index: 1 }
  .pl {
    position: absolute;
    bottom: 12px;
    inset-inline: 0;
    width: max-content;
    margin-inline: auto;
    display: flex;
    align-items: center;
    gap: 8px;
    height: 36px;
    padding-inline: 12px 16px;
    border: 1px solid transparent;
    border-radius: 18px;
    background: var(--_t);
    color: var(--_s);
    font-size: calc(1em*13/15);
    font-weight: 600;
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
    border-radius: calc(var(--_r) * 1.25);
    border-end-end-radius: calc(var(--_h) * 1.25);
  }
  .st p { max-width: 17em; font-weight: 400; text-wrap: balance }
  h3 { color: var(--_t); font-size: calc(1em*16/14); line-height: calc(22/16) }
  .bt {
    margin-top: 16px;
    padding: 9px 15px;
    border: 1px solid var(--_ls);
    color: var(--_t);
    font-weight: 600;
  }
  .sk { animation: show 0s .3s both }
  .sk div { display: flex; gap: 8px; margin-top: 16px }
  .sk i, .sk p { height: 32px; width: 32px; border-radius: 10px; background: var(--_p) }
  .sk p { height: 40px; width: 52%; border-radius: var(--_h) var(--_r) var(--_r) }
  .sk div:nth-child(2n) { flex-direction: row-reverse }
  .sk :nth-child(2n) > i { display: none }
  .sk :nth-child(2n) > p { width: 44%; border-radius: var(--_r) var(--_r) var(--_h) }
  .vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
  @keyframes show { from { visibility: hidden } }
  @keyframes gone { to { height: 0; border: 0; visibility: hidden } }
  @keyframes away { from, to { height: 0; border: 0; visibility: hidden } }
  @keyframes dot { 0%, 60% { opacity: .4 } 30% { opacity: 1 } }
  @keyframes spin { to { rotate: 1turn } }
  @container (max-width: 479px) { .m:not(.o) .b { max-width: 92% } }
  @media (max-width: 479px) { .in { padding: 12px } }
  @media (pointer: coarse) {
    .h { height: 60px }
  }
  @media (prefers-reduced-motion: reduce) { .reconnecting svg, .tp s { animation: none } }
  @media (forced-colors: active) { .o .b { border-width: 2px; padding: 7px 11px } }
`;
