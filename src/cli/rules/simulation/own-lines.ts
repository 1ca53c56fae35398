/**
 * A recording's lines, of which each worker takes those of its own users. The others are not parsed: a line's user is
 * told by its first bytes. Memory: one part of the file at a time, and the longest line.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

const PART_BYTES = 1024 * 1024;
const LINE_END = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MARK = Buffer.from('"userId":"');
/** Where a line that is written by pods has its user. */
const MARK_WITHIN = 64;

export interface Share {
  /** From 0. */
  readonly worker: number;
  readonly workers: number;
}

export interface OwnLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  readonly bytes: number;
}

/**
 * @param file one whose name ends in `.gz` is unpacked.
 * @param noteBytes hears after each part how many of the file's bytes have been read.
 * @throws Error of the file system, or of what is no gzip.
 */
export async function* readOwnLines(
  file: string,
  { worker, workers }: Share,
  noteBytes: (bytes: number) => void = () => undefined,
): AsyncGenerator<readonly OwnLine[]> {
  const stream = createReadStream(file, { highWaterMark: PART_BYTES });
  const parts = file.endsWith('.gz') ? stream.pipe(createGunzip({ chunkSize: PART_BYTES })) : stream;
  // A pipe passes no errors on.
  stream.on('error', (error) => parts.destroy(error));
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  const cut = (part: Buffer, isLast: boolean): OwnLine[] => {
    const lines: OwnLine[] = [];
    let start = 0;
    for (;;) {
      let end = part.indexOf(LINE_END, start);
      if (end === -1 && (!isLast || start >= part.length)) break;
      if (end === -1) end = part.length;
      number += 1;
      if (workers === 1 || shareOf(part, start, end, workers) === worker) {
        const text = part.toString('utf8', start, end).trim();
        if (text !== '') lines.push({ text, number, bytes: end - start });
      }
      start = end + 1;
    }
    rest = Buffer.from(part.subarray(start));
    return lines;
  };
  for await (const part of parts as AsyncIterable<Buffer>) {
    yield cut(rest.length === 0 ? part : Buffer.concat([rest, part]), false);
    noteBytes(stream.bytesRead);
  }
  yield cut(rest, true);
}

/** The worker of the line's user; 0 for a line that has none. */
function shareOf(buffer: Buffer, start: number, end: number, workers: number): number {
  const from = markEnd(buffer, start, Math.min(end, start + MARK_WITHIN));
  let hash = 0x811c9dc5;
  if (from !== -1) {
    for (let at = from; at < end; at += 1) {
      const byte = buffer[at] as number;
      if (byte === QUOTE) return (hash >>> 8) % workers;
      if (byte === BACKSLASH) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
  }
  const userId = readUser(buffer.toString('utf8', start, end));
  hash = 0x811c9dc5;
  for (const byte of Buffer.from(userId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return userId === '' ? 0 : (hash >>> 8) % workers;
}

function markEnd(buffer: Buffer, start: number, within: number): number {
  const last = within - MARK.length;
  for (let at = start; at <= last; at += 1) {
    if (buffer[at] !== QUOTE) continue;
    let same = 1;
    while (same < MARK.length && buffer[at + same] === MARK[same]) same += 1;
    if (same === MARK.length) return at + same;
  }
  return -1;
}

function readUser(line: string): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return '';
    const userId: unknown = Reflect.get(value, 'userId');
    return typeof userId === 'string' ? userId : '';
  } catch {
    return '';
  }
}
