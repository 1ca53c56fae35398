/** What record batches may unpack to, and how large a record may be that is read at all. */
import { DEFAULT_MAX_BATCH_BYTES, registerCodecs } from './codecs.ts';
import type { StretchLimits } from './record-stretches.ts';

/** So far beyond the largest record that is processed one may go and still be read, to become a dead letter. */
const RECORD_MARGIN_BYTES = 32 * 1024 * 1024;

/** For this process: what can only be unpacked as a whole (snappy, lz4) may be no larger than one record. */
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
