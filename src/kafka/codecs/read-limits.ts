/** The limits of reading: what record batches may unpack to, and how large a readable record may be. */
import { DEFAULT_MAX_BATCH_BYTES, registerCodecs } from './codecs.ts';
import type { StretchLimits } from './record-stretches.ts';

/** A record may be this much larger than the largest processed one and is still read, to become a dead letter. */
const RECORD_MARGIN_BYTES = 32 * 1024 * 1024;

/** For this process. What can only be unpacked whole (a raw block of snappy) may be at most one record. */
export function limitReading({
  maxRecordBytes,
  maxBatchBytes = DEFAULT_MAX_BATCH_BYTES,
}: {
  readonly maxRecordBytes: number;
  readonly maxBatchBytes?: number | undefined;
}): StretchLimits {
  const limits = { maxBatchBytes, maxRecordBytes: maxRecordBytes + RECORD_MARGIN_BYTES };
  registerCodecs({ maxBatchBytes: Math.min(maxBatchBytes, limits.maxRecordBytes) });
  return limits;
}
