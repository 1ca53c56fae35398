/**
 * One record batch as brokers keep it since 0.11 (magic 2): its header, and its records one after the other. kafkajs’s
 * reader passes over the checksum, takes quadratic time for a record’s headers, and keeps the event loop for a whole
 * batch. So this is our own.
 */
import type { Pacer } from '../../runtime/loop-turns.ts';
import type { BatchMark } from './aborted-transactions.ts';
import { crc32c } from './crc32c.ts';
import { unpackStretches, type StretchLimits } from '../codecs/record-stretches.ts';
import type { CodecName } from '../codecs/unpack-batch.ts';
import { createWireReader, WireError, type WireReader } from '../client/wire-reader.ts';

/** Where the fields begin, from the batch’s first byte on. */
const LEADER_EPOCH = 12;
const CHECKSUM = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const FIRST_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const RECORD_COUNT = 57;
const RECORDS = 61;

const CODEC_BITS = 0x07;
const NOT_PACKED = 0;
/** By the number that stands for it in a batch. */
const CODECS: Partial<Record<number, CodecName>> = { 1: 'gzip', 2: 'snappy', 3: 'lz4', 4: 'zstd' };
const TIME_OF_THE_LOG = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

const RECORDS_BETWEEN_LOOKS = 128;
/** Bytes: about a millisecond’s. */
const CHECKED_AT_ONCE = 1024 * 1024;

export type FetchedHeaders = Record<string, Buffer | null | (Buffer | null)[]>;

export interface FetchedRecord {
  readonly offset: number;
  /** Epoch ms; -1 where the producer gave none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: FetchedHeaders;
}

export interface BatchHeader extends BatchMark {
  readonly firstOffset: number;
  /** The epoch of the leader that took the batch; -1 where the broker does not say. */
  readonly leaderEpoch: number;
  readonly codec: number;
}

/**
 * Checks the batch, in slices between which the event loop turns.
 * @param batch exactly the batch’s bytes.
 * @throws WireError where it is cut short or its checksum is wrong.
 */
export async function readBatchHeader(batch: Buffer, pacer: Pacer): Promise<BatchHeader> {
  if (batch.length < RECORDS) throw new WireError(`a record batch of ${String(batch.length)} bytes`);
  let checksum = 0;
  for (let at = ATTRIBUTES; at < batch.length; at += CHECKED_AT_ONCE) {
    if (pacer.isDue()) await pacer.turn();
    checksum = crc32c(batch.subarray(at, at + CHECKED_AT_ONCE), checksum);
  }
  if (checksum !== batch.readUInt32BE(CHECKSUM)) {
    throw new WireError('a record batch whose checksum is not that of its bytes');
  }
  const firstOffset = createWireReader(batch).offset();
  const attributes = batch.readInt16BE(ATTRIBUTES);
  return {
    firstOffset,
    lastOffset: firstOffset + batch.readInt32BE(LAST_OFFSET_DELTA),
    leaderEpoch: batch.readInt32BE(LEADER_EPOCH),
    producerId: batch.readBigInt64BE(PRODUCER_ID),
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) === 0 ? undefined : readControl(batch),
    codec: attributes & CODEC_BITS,
  };
}

/** The control record’s key says what it is: a version and a type. */
function readControl(batch: Buffer): NonNullable<BatchHeader['control']> {
  if (batch.readInt32BE(RECORD_COUNT) === 0) return 'other';
  const { key } = readRecord(createWireReader(batch, RECORDS), 0, readTime(batch));
  const type = key !== null && key.length >= 4 ? key.readInt16BE(2) : -1;
  return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other';
}

/** Takes the records, and says how much of them may be in memory. */
export interface RecordSink {
  /** @returns false where no more records are wanted now. */
  readonly take: (record: FetchedRecord) => boolean;
  readonly pacer: Pacer;
  readonly limits: StretchLimits;
}

/**
 * Hands over the records from offset `from` on, as many as are wanted. Works in slices, between which the event loop
 * turns. What is unpacked comes in stretches, so that a large batch never lies in memory as a whole.
 *
 * @returns whether those were all records.
 * @throws WireError where records are not as Kafka writes them, or the codec is unknown; the codec’s own error where
 * they can’t be unpacked.
 */
export async function readBatchRecords(
  batch: Buffer,
  { firstOffset, codec }: BatchHeader,
  from: number,
  { take, pacer, limits }: RecordSink,
): Promise<boolean> {
  const count = batch.readInt32BE(RECORD_COUNT);
  const packed = batch.subarray(RECORDS);
  const time = readTime(batch);
  let index = 0;
  for await (const stretch of stretchesOf(codec, packed, limits)) {
    const reader = createWireReader(stretch);
    while (index < count && reader.at < stretch.length) {
      if (index % RECORDS_BETWEEN_LOOKS === 0 && pacer.isDue()) await pacer.turn();
      const record = readRecord(reader, firstOffset, time);
      index += 1;
      if (record.offset >= from && !take(record) && index < count) return false;
    }
    if (index === count) break;
  }
  if (index < count)
    throw new WireError(`a record batch of ${String(count)} records that has ${String(index)}`);
  return true;
}

async function* stretchesOf(codec: number, packed: Buffer, limits: StretchLimits): AsyncGenerator<Buffer> {
  if (codec === NOT_PACKED) yield packed;
  else yield* unpackStretches(codecOf(codec), packed, limits);
}

/** @throws WireError for an unknown one. */
export function codecOf(codec: number): CodecName {
  const name = CODECS[codec];
  if (name === undefined)
    throw new WireError(`a record batch in the unknown compression codec ${String(codec)}`);
  return name;
}

/** When the log took the batch, or the base of its records’ times. */
interface BatchTime {
  readonly firstMs: number;
  readonly logMs: number | undefined;
}

function readTime(batch: Buffer): BatchTime {
  const isOfLog = (batch.readInt16BE(ATTRIBUTES) & TIME_OF_THE_LOG) !== 0;
  return {
    firstMs: Number(batch.readBigInt64BE(FIRST_TIMESTAMP)),
    logMs: isOfLog ? Number(batch.readBigInt64BE(MAX_TIMESTAMP)) : undefined,
  };
}

function readRecord(reader: WireReader, firstOffset: number, time: BatchTime): FetchedRecord {
  const length = reader.varint();
  const end = reader.at + length;
  reader.int8();
  const timeDelta = reader.varlong();
  const offset = firstOffset + reader.varint();
  const key = reader.bytes(reader.varint());
  const value = reader.bytes(reader.varint());
  const headers = readHeaders(reader);
  if (reader.at !== end)
    throw new WireError(`the record at offset ${String(offset)} is not as long as it says`);
  return { offset, timestamp: time.logMs ?? time.firstMs + timeDelta, key, value, headers };
}

const NO_HEADERS: FetchedHeaders = {};

/** Values of one name come together, in their order. Without a prototype, as a header may have any name. */
function readHeaders(reader: WireReader): FetchedHeaders {
  const count = reader.varint();
  if (count === 0) return NO_HEADERS;
  if (count < 0) throw new WireError(`a record with ${String(count)} headers`);
  const headers = Object.create(null) as FetchedHeaders;
  for (let left = count; left > 0; left -= 1) {
    const name = reader.bytes(reader.varint())?.toString('utf8') ?? '';
    const value = reader.bytes(reader.varint());
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  return headers;
}
