/**
 * Kafka's decimal offset as a number.
 * @throws RangeError where the text is not decimal digits, or beyond 2^53 - 1, which no partition reaches.
 */
export function parseOffset(text: string): number {
  const offset = /^\d{1,19}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(offset)) return offset;
  throw new RangeError(
    `offset ${JSON.stringify(text.slice(0, 40))}: expected 0…${String(Number.MAX_SAFE_INTEGER)}`,
  );
}
