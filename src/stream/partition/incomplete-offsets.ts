/**
 * The incomplete offsets that a handover writes into the metadata of a committed offset. They say which offsets beyond
 * it are not decided, and which pieces of those records are. Events of different users end in any order: with the
 * watermark alone, the next pod would redo everything that ended beyond the slowest event. Kafka keeps metadata and
 * offset in one write.
 *
 * Text: `open:2:FROM:`, then numbers as varints in base64url. First the offsets: the length from FROM to the end of
 * what the text covers. Unless that is 0, the number of undecided offsets follows, and the distances between them.
 * Then, of one undecided offset after the other, its pieces in the same way, from 0.
 *
 * Brokers take 4,096 bytes by default. A text that would be longer covers fewer offsets; what it does not cover counts
 * as undecided. Another way of cutting records into pieces needs another version, as pieces are known by their number.
 */
import { NOTHING_DECIDED, type Progress } from './progress.ts';

export interface IncompleteOffsets {
  /** The committed offset: every offset below is decided. */
  readonly from: number;
  /** Offsets from `from` to before this one are decided, except {@link undecided}. */
  readonly until: number;
  /** Ascending, all in `from` … `until`, each with what is known of its pieces. */
  readonly undecided: Iterable<readonly [offset: number, pieces: Progress]>;
}

export interface InheritedOffsets extends Progress {
  readonly undecided: ReadonlyMap<number, Progress>;
}

const PREFIX = 'open:2:';
const MAX_PACKED_BYTES = 2900;
/** A stretch's length and number of distances. */
const HEAD_BYTES = 12;

/**
 * Empty where nothing beyond `from` is decided.
 * @param maxBytes that the text may have: a longer one covers fewer offsets instead.
 */
export function encodeIncompleteOffsets(
  { from, until, undecided }: IncompleteOffsets,
  maxBytes = Infinity,
): string {
  const prefix = `${PREFIX}${String(from)}:`;
  // Four characters hold three bytes.
  const mostPacked = Math.min(
    MAX_PACKED_BYTES,
    Math.floor(((maxBytes - prefix.length) * 3) / 4) - HEAD_BYTES,
  );
  if (mostPacked <= 0) return '';
  const records = [...undecided];
  const offsets = records.map(([offset]) => offset);
  const packed = pack(from, { until, undecided: offsets }, mostPacked);
  const { bytes } = packed;
  let { decided } = packed;
  let saidBytes = bytes.length;
  for (const [, pieces] of records.slice(0, packed.count)) {
    const room = mostPacked - bytes.length;
    if (room <= 0) break;
    const one = pack(0, { until: pieces.until, undecided: pieces.undecided.keys() }, room);
    bytes.push(...one.bytes);
    decided += one.decided;
    if (one.decided > 0) saidBytes = bytes.length;
  }
  if (decided <= 0) return '';
  return `${prefix}${Buffer.from(bytes.slice(0, saidBytes)).toString('base64url')}`;
}

/** Undefined for any text that does not belong to this offset: then nothing beyond the offset counts as decided. */
export function decodeIncompleteOffsets(text: string, from: number): InheritedOffsets | undefined {
  const prefix = `${PREFIX}${String(from)}:`;
  if (!text.startsWith(prefix)) return undefined;
  const values = readVarints(Buffer.from(text.slice(prefix.length), 'base64url'))?.values();
  const offsets = values === undefined ? undefined : unpack(from, values);
  if (values === undefined || offsets === undefined || offsets === 'end') return undefined;
  const undecided = new Map<number, Progress>();
  for (const offset of offsets.undecided) {
    const pieces = unpack(0, values);
    if (pieces === undefined) return undefined;
    undecided.set(
      offset,
      pieces === 'end' ? NOTHING_DECIDED : { until: pieces.until, undecided: new Set(pieces.undecided) },
    );
  }
  return values.next().done === true ? { until: offsets.until, undecided } : undefined;
}

interface Stretch {
  readonly until: number;
  readonly undecided: Iterable<number>;
}

/** Where not all fits, the stretch ends before the first undecided member that is left out. */
function pack(
  start: number,
  { until, undecided }: Stretch,
  room: number,
): { readonly bytes: number[]; readonly count: number; readonly decided: number } {
  const distances: number[] = [];
  let end = until;
  let next = start;
  let count = 0;
  for (const one of undecided) {
    const distance = varint(one - next);
    if (distances.length + distance.length > room) {
      end = one;
      break;
    }
    distances.push(...distance);
    next = one + 1;
    count += 1;
  }
  const length = end - start;
  const bytes = length === 0 ? [0] : [...varint(length), ...varint(count), ...distances];
  return { bytes, count, decided: length - count };
}

/** `end` where there are no more values; undefined where they make no stretch. */
function unpack(
  start: number,
  values: Iterator<number, undefined>,
): (Stretch & { undecided: number[] }) | 'end' | undefined {
  const length = values.next().value;
  if (length === undefined) return 'end';
  const until = start + length;
  const undecided: number[] = [];
  let next = start;
  for (let left = length === 0 ? 0 : values.next().value; left !== 0; left -= 1) {
    const distance = left === undefined ? undefined : values.next().value;
    if (left === undefined || distance === undefined || next + distance >= until) return undefined;
    undecided.push(next + distance);
    next += distance + 1;
  }
  return { until, undecided };
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** Undefined where the last number is cut off, or where one is no safe integer. */
function readVarints(packed: Buffer): number[] | undefined {
  const values: number[] = [];
  let value = 0;
  let factor = 1;
  for (const byte of packed) {
    value += (byte % 128) * factor;
    if (!Number.isSafeInteger(value)) return undefined;
    factor *= 128;
    if (byte >= 128) continue;
    values.push(value);
    value = 0;
    factor = 1;
  }
  return factor === 1 ? values : undefined;
}
