/** Writes record batches as brokers keep them, byte by byte and apart from what reads them: of every format. */
import { gzipSync } from 'node:zlib';
import { crc32c } from '../../../src/kafka/fetch/crc32c.ts';

export interface WrittenRecord {
  readonly offset: number;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
}

export interface WrittenBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly records: readonly WrittenRecord[];
  readonly producerId?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly leaderEpoch?: number;
  /** 0 plain, 1 gzip; any other leaves the records as they are. */
  readonly codec?: number;
  readonly timestamp?: number;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

function sized(bytes: Buffer | null): Buffer {
  return bytes === null ? Buffer.from(varint(-1)) : Buffer.concat([Buffer.from(varint(bytes.length)), bytes]);
}

function writeRecord(record: WrittenRecord, firstOffset: number): Buffer {
  const { offset, key = null, value = null, headers = [] } = record;
  const body = Buffer.concat([
    Buffer.from([0, ...varint(0), ...varint(offset - firstOffset)]),
    sized(key),
    sized(value),
    Buffer.from(varint(headers.length)),
    ...headers.flatMap(([name, one]) => [sized(Buffer.from(name)), sized(one)]),
  ]);
  return Buffer.concat([Buffer.from(varint(body.length)), body]);
}

function int(value: number, bytes: 1 | 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
}

function long(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer;
}

export function writeBatch(batch: WrittenBatch): Buffer {
  const { firstOffset, lastOffset, producerId = -1, codec = 0, timestamp = -1 } = batch;
  const attributes =
    codec + (batch.isTransactional === true ? 0x10 : 0) + (batch.isControl === true ? 0x20 : 0);
  const plain = Buffer.concat(batch.records.map((record) => writeRecord(record, firstOffset)));
  const checked = Buffer.concat([
    int(attributes, 2),
    int(lastOffset - firstOffset, 4),
    ...[long(timestamp), long(timestamp), long(producerId)],
    ...[int(0, 2), int(0, 4), int(batch.records.length, 4)],
    codec === 1 ? gzipSync(plain) : plain,
  ]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(checked));
  const body = Buffer.concat([int(batch.leaderEpoch ?? 0, 4), int(2, 1), crc, checked]);
  return Buffer.concat([long(firstOffset), int(body.length, 4), body]);
}

/** A transaction's end. */
export function writeMarker(offset: number, producerId: number, end: 'abort' | 'commit'): Buffer {
  const key = Buffer.from([0, 0, 0, end === 'abort' ? 0 : 1]);
  const records = [{ offset, key, value: Buffer.alloc(6) }];
  const place = { firstOffset: offset, lastOffset: offset };
  return writeBatch({ ...place, producerId, isTransactional: true, isControl: true, records });
}

/** A message of before 0.11; packed where it holds others. */
export function writeMessage(magic: 0 | 1, offset: number, value: Buffer, codec = 0): Buffer {
  const head = [int(magic, 1), int(codec, 1), ...(magic === 1 ? [long(-1)] : [])];
  const body = Buffer.concat([...head, int(-1, 4), int(value.length, 4), value]);
  return Buffer.concat([long(offset), int(body.length + 4, 4), int(0, 4), body]);
}

export interface WrittenPart {
  readonly partition: number;
  readonly errorCode?: number;
  readonly highWatermark?: number;
  readonly lastStableOffset?: number;
  readonly aborted?: readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
  readonly records?: Buffer;
}

/** A fetch's answer of one topic, as the version of the request has it (4–11). */
export function writeFetchAnswer(version: number, topic: string, parts: readonly WrittenPart[]): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    int(0, 4),
    ...(version >= 7 ? [int(0, 2), int(0, 4)] : []),
    ...[int(1, 4), int(name.length, 2), name, int(parts.length, 4)],
    ...parts.flatMap(({ aborted = null, records = Buffer.alloc(0), ...part }) => [
      ...[int(part.partition, 4), int(part.errorCode ?? 0, 2)],
      ...[long(part.highWatermark ?? 0), long(part.lastStableOffset ?? part.highWatermark ?? 0)],
      ...(version >= 5 ? [long(0)] : []),
      int(aborted?.length ?? -1, 4),
      ...(aborted ?? []).flatMap((one) => [long(one.producerId), long(one.firstOffset)]),
      ...(version >= 11 ? [int(-1, 4)] : []),
      ...[int(records.length, 4), records],
    ]),
  ]);
}
