/**
 * Takes one Kafka record's value apart into pieces, one an event.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { HeaderValue, PieceContent, RecordPiece } from '../domain/record.ts';

export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

export interface DecodeLimits {
  readonly maxRecordBytes: number;
}

/**
 * Never throws, and the iterable never rejects. At least one piece comes of every record. An array comes at
 * once; an iterable yields to the event loop between pieces.
 */
export function decodeRecord(
  record: RawRecord,
  limits: DecodeLimits,
): RecordPiece[] | AsyncIterable<RecordPiece> {
  const envelope = { key: record.key, headers: record.headers };
  const cut = (
    index: number,
    bytes: Buffer | null,
    unpacked: boolean,
    content: PieceContent,
  ): RecordPiece => ({
    source: { topic: record.topic, partition: record.partition, offset: record.offset, index },
    envelope,
    bytes,
    unpacked,
    content,
  });
  const refuse = (reason: 'malformed' | 'invalid' | 'too_large', error: string): RecordPiece[] => [
    cut(0, record.value, false, { kind: 'refused', reason, error }),
  ];
  if (record.value === null) return refuse('malformed', 'tombstone: the record has no value');
  if (record.value.length > limits.maxRecordBytes) return refuse('too_large', 'larger than the limit');
  let value = record.value;
  const packed = /^gzip$/i.test(String(record.headers['content-encoding'] ?? ''));
  if (packed) {
    try {
      value = gunzipSync(value, { maxOutputLength: limits.maxRecordBytes });
    } catch {
      return refuse('malformed', 'not gzip');
    }
  }
  if (!isUtf8(value)) return refuse('malformed', 'not UTF-8');
  const lines = value
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '');
  const whole = parse(value.toString());
  if (whole.kind === 'json' && Array.isArray(whole.value)) {
    if (whole.value.length === 0) return refuse('invalid', 'an empty array');
    return whole.value.map((element: unknown, index) =>
      cut(index, Buffer.from(JSON.stringify(element)), packed, { kind: 'json', value: element }),
    );
  }
  if (whole.kind === 'json' || lines.length < 2) return [cut(0, record.value, false, whole)];
  return lines.map((line, index) => cut(index, Buffer.from(line.replace(/\r$/, '')), packed, parse(line)));
}

function parse(text: string): PieceContent {
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    return { kind: 'refused', reason: 'malformed', error: 'not JSON' };
  }
}
