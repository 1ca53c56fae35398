/** What kafkajs's errors say, in words and in the broker's own name for it. */

/** kafkajs's protocol errors carry the broker's error name (`UNKNOWN_MEMBER_ID`); wrapped ones in their cause. */
export function brokerErrorType(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('type' in at && typeof at.type === 'string') return at.type;
  }
  return undefined;
}

/** The error's message, with its code where a system error's message does not hold it: that of several addresses is empty. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code !== 'string' || error.message.includes(code)) return error.message;
  return `${error.message.trim()} (${code})`.trim();
}
