/**
 * The text beside a committed offset: of which topic the offset is, by its id, and what is decided beyond it
 * (incomplete-offsets.ts). Either may be missing: brokers bound the text, old ones know no ids, and pods of before wrote the
 * second alone.
 *
 * Text: `topic:1:ID;`, and the incomplete offsets.
 */

export interface OffsetMetadata {
  readonly topicId: string | undefined;
  readonly incomplete: string;
}

const PATTERN = /^topic:1:([\w-]{22});/;

/** Without the id where the whole would have more than so many bytes. */
export function encodeOffsetMetadata({ topicId, incomplete }: OffsetMetadata, maxBytes: number): string {
  if (topicId === undefined) return incomplete;
  const text = `${markOf(topicId)}${incomplete}`;
  return text.length <= maxBytes ? text : incomplete;
}

/** How many bytes are left for the incomplete offsets beside the id; all of them where there is no room for it. */
export function bytesForIncompleteOffsets(topicId: string | undefined, maxBytes: number): number {
  const room = topicId === undefined ? maxBytes : maxBytes - markOf(topicId).length;
  return room < 0 ? maxBytes : room;
}

export function decodeOffsetMetadata(text: string): OffsetMetadata {
  const [mark, topicId] = PATTERN.exec(text) ?? [''];
  return { topicId, incomplete: text.slice(mark.length) };
}

function markOf(topicId: string): string {
  return `topic:1:${topicId};`;
}
