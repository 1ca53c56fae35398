/**
 * Makes pieces of what was cut from a record’s value, so that none keeps more memory than it needs. Small slices of
 * large or packed values are copied. Large slices of a packed value are cut again when a dead letter asks for them.
 */
import type { HeaderValue, PieceContent, RecordPiece } from '../../domain/record.ts';
import type { Cut } from './cut-value.ts';
import { copyOf } from './own-copy.ts';
import { unpackWhenFree, type UnpackLimits } from './packed-value.ts';

export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  /** Epoch ms; absent: the record does not say. */
  readonly writtenAtMs?: number | undefined;
}

/** Up to this size (unpacked) a record is decoded at once: 256 KiB. */
export const AT_ONCE_BYTES = 256 * 1024;
/** Slices of large or packed values up to this size are copied. */
const COPIED_BYTES = 16 * 1024;
/** A smaller value may be kept by its key. */
const LEAST_WORTH_LEAVING_BYTES = 4096;

export type ToPiece = (index: number, cut: Cut) => RecordPiece;

export interface PieceMaker {
  readonly of: ToPiece;
  /** @param from the bytes that it was cut from, if not the value itself. */
  readonly unpacked: (index: number, cut: Cut, from: Buffer) => RecordPiece;
  readonly whole: (content: PieceContent) => RecordPiece;
}

/** The piece of nearly all records: nothing is made but the piece. */
export function onlyPiece(
  { topic, partition, offset, key, headers, writtenAtMs, value }: RawRecord,
  content: PieceContent,
): RecordPiece {
  return {
    source: { topic, partition, offset, index: 0 },
    envelope: { key, headers, writtenAtMs },
    bytes: value,
    unpacked: false,
    content,
    ownBytes: undefined,
    recut: undefined,
    roomShare: undefined,
  };
}

export function createPieceMaker(record: RawRecord, limits: UnpackLimits): PieceMaker {
  const { topic, partition, offset, headers, writtenAtMs, value } = record;
  const size = value?.length ?? 0;
  const isLarge = size > AT_ONCE_BYTES;
  // Its own object: a record as the envelope would keep the packed value alive beside the unpacked one.
  const envelope = { key: record.key, headers, writtenAtMs };
  let hasOwnKey = size <= LEAST_WORTH_LEAVING_BYTES;
  /** The key lies beside the value, and would keep it. */
  const withOwnKey = (): typeof envelope => {
    if (!hasOwnKey && envelope.key !== null) envelope.key = copyOf(envelope.key);
    hasOwnKey = true;
    return envelope;
  };
  const make = (
    index: number,
    content: PieceContent,
    bytes: Buffer | null,
    more: Partial<Pick<RecordPiece, 'unpacked' | 'ownBytes' | 'recut' | 'roomShare'>> = {},
  ): RecordPiece => ({
    source: { topic, partition, offset, index },
    envelope,
    bytes,
    unpacked: more.unpacked === true,
    content,
    ownBytes: more.ownBytes,
    recut: more.recut,
    roomShare: more.roomShare,
  });
  const copied = (index: number, content: PieceContent, slice: Buffer, unpacked: boolean): RecordPiece => {
    withOwnKey();
    return make(index, content, copyOf(slice), { unpacked, ownBytes: slice.length });
  };
  return {
    of(index, { bytes, content }) {
      if (bytes === undefined) return make(index, content, value);
      return isLarge && bytes.length <= COPIED_BYTES
        ? copied(index, content, bytes, false)
        : make(index, content, bytes);
    },
    unpacked(index, { bytes, content }, from) {
      if (bytes === undefined) return make(index, content, value);
      if (bytes.length <= COPIED_BYTES || value === null) return copied(index, content, bytes, true);
      const start = bytes.byteOffset - from.byteOffset;
      const { length } = bytes;
      const roomShare = Math.min(1, from.length / limits.maxRecordBytes);
      return make(index, content, null, {
        unpacked: true,
        roomShare,
        recut: async () => {
          const again = await unpackWhenFree(value, limits);
          if (again.kind !== 'bytes') throw new Error('a record that could be unpacked no longer can');
          const { held } = again;
          return { bytes: held.bytes.subarray(start, start + length), release: () => held.release() };
        },
      });
    },
    whole: (content) => make(0, content, value),
  };
}
