/**
 * Cuts NDJSON into lines. A line ends at a line feed, and a carriage return before it belongs to the end; the
 * line itself keeps its other white space. Blank lines are passed over.
 */
import { CARRIAGE_RETURN, isBlank, LINE_FEED, skipBlank, type Slice } from '../../runtime/json/json-bytes.ts';

/** Yields the lines that aren't blank, in order, and nothing (`undefined`) where a pause may be made. */
export function* cutLines(bytes: Buffer, from: number): Generator<Slice | undefined> {
  let start = from;
  while (start < bytes.length) {
    const ink = isBlank(bytes[start]) ? yield* skipBlank(bytes, start, bytes.length) : start;
    if (ink === bytes.length) return;
    // Blank lines and this line's own indentation were passed in one go.
    if (ink > start) start = Math.max(start, bytes.lastIndexOf(LINE_FEED, ink - 1) + 1);
    const feed = bytes.indexOf(LINE_FEED, ink);
    const next = feed === -1 ? bytes.length : feed;
    yield { start, end: bytes[next - 1] === CARRIAGE_RETURN ? next - 1 : next };
    start = next + 1;
  }
}
