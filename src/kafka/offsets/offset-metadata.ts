/**
 * The metadata of a committed offset: the id of the topic that the offset belongs to, and the incomplete offsets
 * (incomplete-offsets.ts). Either may be missing: brokers limit the text, old brokers know no ids, and earlier versions
 * wrote only the incomplete offsets.
 *
 * Text: `topic:1:ID;`, and the incomplete offsets.
 */

export interface OffsetMetadata {
  readonly topicId: string | undefined;
  readonly incomplete: string;
}

const PATTERN = /^topic:1:([\w-]{22});/;

/** Leaves the id out where the whole would be longer than `maxBytes`. */
export function encodeOffsetMetadata({ topicId, incomplete }: OffsetMetadata, maxBytes: number): string {
  if (topicId === undefined) return incomplete;
  const text = `${markOf(topicId)}${incomplete}`;
  return text.length <= maxBytes ? text : incomplete;
}

/** The bytes left for the incomplete offsets beside the id; all bytes where the id does not fit. */
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
