/**
 * Messages as brokers kept them before 0.11 (magic 0 and 1), which a log may still hold. Each has its own offset.
 * Packed messages are the value of another message, which has the last one’s offset.
 */
import type { StretchLimits } from '../codecs/record-stretches.ts';
import { unpackBatch } from '../codecs/unpack-batch.ts';
import { codecOf, type FetchedRecord } from './record-batch.ts';
import { createWireReader, WireError } from '../client/wire-reader.ts';

const CODEC_BITS = 0x07;
/** The bytes of offset and size, which the size does not count. */
const HEAD_BYTES = 12;

/**
 * @param entry exactly one message with its offset and size.
 * @param limits packed messages must lie in memory as a whole.
 * @throws WireError where the message is not as Kafka writes it; the codec’s own error where it can’t be unpacked.
 */
export async function readMessage(entry: Buffer, limits: StretchLimits): Promise<FetchedRecord[]> {
  const { codec, magic, record } = readPlain(entry);
  if (codec === 0) return [record];
  if (record.value === null) throw new WireError('a packed message without a value');
  const maxBytes = Math.min(limits.maxBatchBytes, limits.maxRecordBytes);
  const set = await unpackBatch(codecOf(codec), record.value, maxBytes);
  const inner = splitMessages(set).map((one) => readPlain(one).record);
  // Since magic 1 the messages inside count from 0, and the outer one has the last one’s offset.
  const base = magic === 0 ? 0 : record.offset - (inner.at(-1)?.offset ?? 0);
  return inner.map((one) => ({ ...one, offset: base + one.offset }));
}

function splitMessages(set: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < set.length;) {
    if (at + HEAD_BYTES > set.length) throw new WireError('a packed message that is cut short');
    const end = at + HEAD_BYTES + set.readInt32BE(at + 8);
    if (end <= at || end > set.length) throw new WireError('a packed message that is cut short');
    messages.push(set.subarray(at, end));
    at = end;
  }
  return messages;
}

function readPlain(entry: Buffer): {
  readonly codec: number;
  readonly magic: number;
  readonly record: FetchedRecord;
} {
  const reader = createWireReader(entry);
  const offset = reader.offset();
  reader.skip(8);
  const magic = reader.int8();
  if (magic !== 0 && magic !== 1) throw new WireError(`a message of the unknown format ${String(magic)}`);
  const codec = reader.int8() & CODEC_BITS;
  const timestamp = magic === 1 ? Number(reader.int64()) : -1;
  const key = reader.bytes(reader.int32());
  const value = reader.bytes(reader.int32());
  return { codec, magic, record: { offset, timestamp, key, value, headers: {} } };
}
