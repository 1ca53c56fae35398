/**
 * Moments as RFC 3339 with ms, in UTC, as `toISOString` writes them. That takes longer than most else of an event, and
 * moments of one second differ in their last digits alone: so each second is written once.
 */
const MAX_SECONDS = 2000;
const seconds = new Map<number, string>();

/** @param atMs epoch ms, within what a Date can be. @throws RangeError beyond that. */
export function instantText(atMs: number): string {
  const second = Math.floor(atMs / 1000);
  let text = seconds.get(second);
  if (text === undefined) {
    text = new Date(second * 1000).toISOString().slice(0, -'000Z'.length);
    if (seconds.size >= MAX_SECONDS) seconds.clear();
    seconds.set(second, text);
  }
  const ms = Math.floor(atMs) - second * 1000;
  return `${text}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${String(ms)}Z`;
}
