import { css } from '../base.ts';

export const threadStyles = css`
  :host, .lg, .in, .m { display: flex; flex-direction: column }
  :host {
    position: relative;
    height: 640px;
    max-height: 100%;
    min-width: min(100%, 300px);
    container-type: inline-size;
    overflow: clip;
    background: var(--_s);
    border: 1px solid var(--_li);
    border-radius: calc(var(--_r)*1.25);
  }
  h2, p { margin: 0; font: inherit }
  b, h2, .w { font-weight: 600 }
  .h, .by, .n { display: flex; align-items: center; gap: 8px }
  .ti p, .n, .y, .by { font-size: .8em; line-height: calc(16/12); color: var(--_m) }
  .ti *, .by b { overflow: hidden; white-space: nowrap; text-overflow: ellipsis }
  .h { --chat-avatar-size: 36px; flex: none; gap: 12px; height: 64px; padding-inline: 16px; border-bottom: 1px solid var(--_li) }
  .ti { flex: 1; min-width: 0 }
  h2 { line-height: calc(20/15) }
  .a {
    --s: var(--chat-avatar-size, 32px);
    position: relative;
    display: grid;
    place-items: center;
    flex: none;
    overflow: hidden;
    width: var(--s);
    height: var(--s);
    border-radius: min(var(--s)*.31, var(--_r)*.78);
    background: light-dark(oklch(.925 .035 var(--h)), oklch(.345 .045 var(--h)));
    color: light-dark(oklch(.38 .075 var(--h)), oklch(.9 .05 var(--h)));
    font: 600 calc(var(--s)*.375)/1 var(--_f);
  }
  .a img { position: absolute; width: 100%; height: 100%; object-fit: cover }
  .lg {
    flex: 1;
    min-height: 0;
    overflow: hidden auto;
    overflow-anchor: none;
    scrollbar-width: thin;
  }
  .in {
    flex: 1 0 auto;
    justify-content: end;
    width: 100%;
    max-width: calc(var(--_w0) + 32px);
    margin-inline: auto;
    padding: var(--_g);
  }
  .m { position: relative; align-items: start; padding-top: 4px; outline: 0 }
  .first, .y { padding-top: 16px }
  .rows > :first-child > * { padding-top: 0 }
  .v { padding-inline-start: calc(var(--chat-avatar-size, 32px) + 8px) }
  .o { align-items: end }
  .m > .a { position: absolute; inset-inline-start: 0 }
  .by { max-width: 100%; margin-bottom: 4px; white-space: nowrap }
  .by b { color: var(--_t); font-size: calc(1em*13/12); line-height: calc(16/13) }
  .b {
    position: relative;
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
  .o .b { border-radius: var(--_r); border-end-end-radius: var(--_h); background: var(--_bo); color: var(--_bt) }
  .o:not(.first) .b { border-start-end-radius: var(--_h) }
  .t { white-space: pre-wrap }
  .t:lang(ar, fa, ur) { line-height: calc(24/15) }
  .e .b { padding: 0; background: none }
  .e .t { font-size: 2.4em; line-height: calc(44/36) }
  .read { color: var(--_at) }
  .n { gap: 4px; margin-top: 4px }
  .y { text-align: center }
  .w.y { padding-block: 20px 4px }
  .pw { position: relative; z-index: 1 }
  .sk { animation: show 0s .3s both }
  .sk .a, .sk .b { background: var(--_p) }
  .sk .b { width: 52%; height: 40px }
  .vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
  @keyframes show { from { visibility: hidden } }
  @container (max-width: 479px) { .m:not(.o) .b { max-width: 92% } }
  @media (pointer: coarse) { .h { height: 60px } }
`;
