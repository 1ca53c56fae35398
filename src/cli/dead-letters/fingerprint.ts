/** What errors of one kind have in common: their text without what differs from event to event. */

/** In this order: what is quoted, then words with a digit in them, such as numbers, ids, offsets and times. */
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`|“[^”]*”/g;
const WITH_DIGIT = /[^\s"“”'`,;()[\]{}=<>#]*\d[^\s"“”'`,;()[\]{}=<>#]*/g;

/**
 * Sentences and names stay, so a person reads it as the error. `#` stands for a number or an id, `"…"` for what was
 * quoted.
 */
export function fingerprintOf(error: string): string {
  return error
    .replace(QUOTED, '"…"')
    .replace(WITH_DIGIT, (word) => `#${/[.:]$/.exec(word)?.[0] ?? ''}`)
    .replace(/#(?:[\s,]+#)+/g, '#')
    .trim();
}
