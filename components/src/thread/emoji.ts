/** Whether a message is one to three emoji and nothing else; those are shown large, without a bubble. */
export function isFewEmoji(content: string): boolean {
  return /^(?:(?:\p{RI}{2}|\p{ExtPict}(?:\p{EMod}|\uFE0F)*(?:\u200D\p{ExtPict}(?:\p{EMod}|\uFE0F)*)*)\s*){1,3}$/u.test(
    content,
  );
}
