/**
 * What a Kafka record is made of once it has been taken apart: pieces, one an event. A piece that could not
 * be read stays a piece, so that it is dead-lettered alone and its neighbours go on.
 */

/** Where an event came from. `index` counts the record's events from 0. */
export interface EventSource {
  readonly topic: string;
  readonly partition: number;
  /** Decimal digits: Kafka's offsets are 64 bits wide. */
  readonly offset: string;
  readonly index: number;
}

export type HeaderValue = Buffer | string | (Buffer | string)[] | undefined;

const MAX_QUOTED_LENGTH = 1024;

/**
 * A header's value as text (the last one's of several, '' where there is none); one in JSON quotes, as Spring writes its
 * headers, without them.
 */
export function headerText(header: HeaderValue): string {
  const value = Array.isArray(header) ? header.at(-1) : header;
  const text = value?.toString() ?? '';
  if (!text.includes('"') || text.length > MAX_QUOTED_LENGTH || !/^\s*".*"\s*$/s.test(text)) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}

/** The record's own envelope, shared by all of its pieces. */
export interface RecordEnvelope {
  readonly key: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  /** When it was written to Kafka, epoch ms, as its producer or broker says; absent: neither does. */
  readonly writtenAtMs?: number | undefined;
}

export type PieceContent =
  | { readonly kind: 'json'; readonly value: unknown }
  | {
      readonly kind: 'refused';
      readonly reason: 'malformed' | 'invalid' | 'too_large';
      readonly error: string;
    };

export interface RecordPiece {
  readonly source: EventSource;
  readonly envelope: RecordEnvelope;
  /**
   * The bytes a dead letter carries: the value as it came where the piece is the whole record (`null` for a
   * tombstone), else the exact slice of this one event, unpacked.
   */
  readonly bytes: Buffer | null;
  /** True where `bytes` was cut from an unpacked value: a dead letter then drops `content-encoding`. */
  readonly unpacked: boolean;
  readonly content: PieceContent;
  /**
   * Memory of this piece alone, beside its record's: its bytes were copied, so that it doesn't keep a large record.
   * Undefined where it needs its record's memory for as long as it lives.
   */
  readonly ownBytes?: number | undefined;
  /**
   * Present where the bytes are many and lie packed in their record: `bytes` is null then, and this unpacks them again.
   * Waits for room in memory, which is taken until they are released. Rejects only by a defect of ours.
   */
  readonly recut?: (() => Promise<LentBytes>) | undefined;
  /** How much of that room it takes, with all of its record: 0 … 1. Undefined: not known, up to all of it. */
  readonly roomShare?: number | undefined;
}

/** What is left of a piece once it has been validated: who it was and what a dead letter of it carries. */
export type PieceOrigin = Pick<
  RecordPiece,
  'source' | 'envelope' | 'bytes' | 'unpacked' | 'recut' | 'roomShare'
>;

export interface LentBytes {
  readonly bytes: Buffer;
  /** They may not be looked at any more. */
  release(): void;
}
