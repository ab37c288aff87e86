import { css } from '../base.ts';

/**
 * The public custom properties, read with their defaults into private names (`--_...`), so that a host may set them on
 * any ancestor. `--_a` is the accent, from which every tint follows.
 */
export const tokens = css`
  :host {
    --_a: var(--chat-accent, light-dark(#00677e, #66bdd3));
    --_at: var(--chat-accent-text, light-dark(oklch(from var(--_a) min(l, .43) c h), oklch(from var(--_a) max(l, .81) min(c, .13) h)));
    --_bo: var(--chat-bubble-own, light-dark(oklch(from var(--_a) .922 min(c*.32, .034) h), oklch(from var(--_a) .345 min(c*.5, .045) h)));
    --_b: var(--chat-bubble, light-dark(#eef2f2, #222a2d));
    --_s: var(--chat-surface, light-dark(#fff, #13181a));
    --_t: var(--chat-text, light-dark(#151b1d, #e8eeef));
    --_bt: var(--chat-bubble-own-text, var(--_t));
    --_m: var(--chat-text-muted, light-dark(#566266, #9eabaf));
    --_li: var(--chat-line, light-dark(#e0e6e7, #293236));
    --_ls: var(--chat-line-strong, light-dark(#7f8c90, #6f7d82));
    --_f: var(--chat-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
    --_r: var(--chat-radius, 16px);
    --_h: min(4px, var(--_r)/4);
    --_p: color-mix(in srgb, var(--_t) 9%, transparent);
    --_w0: var(--chat-max-width, 760px);
    --_g: 16px;
    box-sizing: border-box;
    color: var(--_t);
    font: 400 var(--chat-font-size, 15px)/calc(22/15) var(--_f);
    text-align: start;
  }
  :host([theme=light]) { color-scheme: light }
  :host([theme=dark]) { color-scheme: dark }
  :host([hidden]), [hidden] { display: none !important }
  *, ::before, ::after { box-sizing: inherit }
  button, textarea { all: unset; box-sizing: border-box }
  :focus-visible { outline: 2px solid var(--_at); outline-offset: 2px }
  svg {
    display: block;
    flex: none;
    width: 20px;
    height: 20px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .s svg { width: 16px; height: 16px; stroke-width: 1.9 }
  .i {
    display: grid;
    place-items: center;
    flex: none;
    width: 36px;
    height: 36px;
    border-radius: calc(var(--_r) - 4px);
    color: var(--_m);
  }
  @media (max-width: 479px) { :host { --_g: 12px } }
  @media (pointer: coarse) { .i { width: 44px; height: 44px } }
`;
