/** What the decoder's tests share: records made of a value, and all pieces of one. */
import type { HeaderValue, RecordPiece } from '../../../../src/domain/record.ts';
import { decodeRecord, type RawRecord } from '../../../../src/stream/decode/record-decoder.ts';

export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

export function recordOf(
  value: string | Buffer | null,
  headers: Record<string, HeaderValue> = {},
): RawRecord & { readonly value: Buffer | null } {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return { topic: 'events', partition: 3, offset: '42', key: Buffer.from('key'), value: bytes, headers };
}

export async function decodeAll(
  record: RawRecord,
  maxRecordBytes = MAX_RECORD_BYTES,
): Promise<RecordPiece[]> {
  const decoded = decodeRecord(record, { maxRecordBytes });
  const pieces: RecordPiece[] = [];
  for await (const piece of decoded) pieces.push(piece);
  return pieces;
}

/** A piece in short: its bytes' text, then its value, or the reason for which it was refused. */
function brief(pieces: readonly RecordPiece[]): [string | null, unknown][] {
  return pieces.map(({ bytes, content }) => [
    bytes?.toString() ?? null,
    content.kind === 'json' ? content.value : content.reason,
  ]);
}

export async function decodeText(
  value: string | Buffer | null,
  headers: Record<string, HeaderValue> = {},
): Promise<[string | null, unknown][]> {
  return brief(await decodeAll(recordOf(value, headers)));
}
