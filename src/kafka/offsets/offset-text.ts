/**
 * The text beside a committed offset: of which topic the offset is, by its id, and what is decided beyond it
 * (handover-note.ts). Either may be missing: brokers bound the text, old ones know no ids, and pods of before wrote the
 * second alone.
 *
 * Text: `topic:1:ID;`, and the note.
 */

export interface OffsetText {
  readonly topicId: string | undefined;
  readonly note: string;
}

const PATTERN = /^topic:1:([\w-]{22});/;

/** Without the id where the whole would have more than so many bytes. */
export function writeOffsetText({ topicId, note }: OffsetText, mostBytes: number): string {
  if (topicId === undefined) return note;
  const text = `${markOf(topicId)}${note}`;
  return text.length <= mostBytes ? text : note;
}

/** How many bytes are left for a note beside the id; all of them where there is no room for it. */
export function roomForNote(topicId: string | undefined, mostBytes: number): number {
  const room = topicId === undefined ? mostBytes : mostBytes - markOf(topicId).length;
  return room < 0 ? mostBytes : room;
}

export function readOffsetText(text: string): OffsetText {
  const [mark, topicId] = PATTERN.exec(text) ?? [''];
  return { topicId, note: text.slice(mark.length) };
}

function markOf(topicId: string): string {
  return `topic:1:${topicId};`;
}
