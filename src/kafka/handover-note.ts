/**
 * What is written beside a committed offset at a handover: which offsets beyond it have not been decided yet.
 * Events of different users end in any order, so the watermark alone would have the next pod do again whatever
 * ended beyond the slowest. Kafka keeps the note with the offset it belongs to, in one write.
 *
 * Text: `open:1:FROM:` and, in base64url, the length from FROM to the end of what the note speaks of, then the
 * distances between the undecided offsets, each as a varint. Brokers take 4,096 bytes a note by default; one that
 * does not fit speaks of fewer offsets, and what it says nothing of counts as undecided.
 */

export interface HandoverNote {
  /** The committed offset. */
  readonly from: number;
  /** Offsets from `from` up to here (not included) are decided, but for {@link undecided}. */
  readonly until: number;
  /** Ascending, all in `from` … `until`. */
  readonly undecided: Iterable<number>;
}

export interface InheritedNote {
  readonly until: number;
  readonly undecided: ReadonlySet<number>;
}

const PREFIX = 'open:1:';
const MAX_PACKED_BYTES = 2900;

/** Empty where there is nothing to say: no offset beyond `from` is decided. */
export function writeNote({ from, until, undecided }: HandoverNote): string {
  const distances: number[] = [];
  let end = until;
  let next = from;
  let decided = 0;
  for (const offset of undecided) {
    const bytes = varint(offset - next);
    if (distances.length + bytes.length > MAX_PACKED_BYTES) {
      end = offset;
      break;
    }
    distances.push(...bytes);
    decided += offset - next;
    next = offset + 1;
  }
  decided += end - next;
  if (decided <= 0) return '';
  return `${PREFIX}${String(from)}:${Buffer.from([...varint(end - from), ...distances]).toString('base64url')}`;
}

/** Undefined for anything that is not a note to this offset: then nothing beyond it counts as decided. */
export function readNote(text: string, from: number): InheritedNote | undefined {
  const prefix = `${PREFIX}${String(from)}:`;
  if (!text.startsWith(prefix)) return undefined;
  const values = readVarints(Buffer.from(text.slice(prefix.length), 'base64url'));
  const length = values?.[0];
  if (values === undefined || length === undefined) return undefined;
  const until = from + length;
  const undecided = new Set<number>();
  let next = from;
  for (const distance of values.slice(1)) {
    const offset = next + distance;
    if (offset >= until) return undefined;
    undecided.add(offset);
    next = offset + 1;
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

/** Undefined where the last one is cut off or one is no safe integer. */
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
