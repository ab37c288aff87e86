/** Whether a message is one to three emoji and nothing else; those are shown large, without a bubble. */
export function isFewEmoji(content: string): boolean {
  return /^(?:\p{RGI_Emoji}\s*){1,3}$/v.test(content);
}
