/**
 * Waiting records of one batch, as bytes and numbers. An object for each would be thousands that live for seconds,
 * which garbage collectors handle worst. A record is made when it is asked for.
 */
import type { HeaderValue } from '../../domain/record.ts';
import { parseOffset } from './parse-offset.ts';
import type { RawRecord } from '../decode/record-decoder.ts';
import { keepBytes, ownBytes, type Locator } from './fetched-bytes.ts';

/** A record as the client fetched it. Numbers are digits, as Kafka's are larger than a double may be. */
export interface FetchedRecord {
  key: Buffer | null;
  value: Buffer | null;
  readonly offset: string;
  /** Epoch ms. */
  readonly timestamp: string;
  headers?: Record<string, HeaderValue>;
}

export interface RecordChunk {
  readonly length: number;
  /** @param index 0 … {@link length} - 1, as below. */
  offsetAt(index: number): number;
  /** When it was written to Kafka, epoch ms, as its producer or broker says; Infinity: neither does. */
  writtenAt(index: number): number;
  /** What the record counts for while it is held. */
  bytesAt(index: number): number;
  /** The record with bytes of its own: it may live for long. */
  recordAt(index: number): RawRecord;
  /** No record will be asked for any more. Frees the memory of all records, except those that share it. */
  release(): void;
}

type Headers = Readonly<Record<string, HeaderValue>>;

/** What a record costs beside its bytes, about. */
const RECORD_OVERHEAD_BYTES = 128;
const NO_HEADERS: Headers = {};
/** Numbers a slice: its region, where it begins there, its length; a length of -1 is null. */
const STRIDE = 3;

/** Reads the messages and lets go of them. */
export function createRecordChunk(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  messages: readonly FetchedRecord[],
): RecordChunk {
  const { length } = messages;
  const { kept, locator } = keepBytes(
    messages.flatMap(({ key, value }) => [key, value]).filter((slice) => slice !== null),
  );
  const offsets = new Float64Array(length);
  const bytes = new Float64Array(length);
  const times = new Float64Array(length);
  const keys = new Int32Array(STRIDE * length);
  const values = new Int32Array(STRIDE * length);
  const headers = new Map<number, Headers>();
  /** A record that is most of our memory was given out, and shares the memory. */
  let isShared = false;
  const own = (slice: Buffer): Buffer => {
    const bytes = ownBytes(slice);
    isShared ||= bytes === slice;
    return bytes;
  };
  for (const [index, message] of messages.entries()) {
    const { key, value, offset, timestamp, headers: given = {} } = message;
    offsets[index] = parseOffset(offset);
    times[index] = Number(timestamp);
    place(keys, index, key, locator);
    place(values, index, value, locator);
    let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
    const names = Object.keys(given);
    if (names.length > 0) {
      // Without a prototype: a header may have any name, `__proto__` too.
      const copy = Object.create(null) as Record<string, HeaderValue>;
      for (const name of names) size += copyHeader(copy, name, given[name]);
      headers.set(index, copy);
    }
    bytes[index] = size;
    letGo(message);
  }

  const sliceAt = (places: Int32Array, index: number): Buffer | null => {
    const at = STRIDE * index;
    const size = places[at + 2] ?? -1;
    const start = places[at + 1] ?? 0;
    const region = kept.regions[places[at] ?? 0];
    if (size < 0) return null;
    return region === undefined ? Buffer.alloc(0) : own(region.subarray(start, start + size));
  };

  /** Key and value usually lie side by side: one copy for both. */
  const ownPair = (index: number): { readonly key: Buffer | null; readonly value: Buffer | null } => {
    const at = STRIDE * index;
    const region = keys[at] ?? 0;
    const start = keys[at + 1] ?? 0;
    const keyLength = keys[at + 2] ?? -1;
    const valueStart = values[at + 1] ?? 0;
    const valueLength = values[at + 2] ?? -1;
    const source = kept.regions[region];
    const isPair = keyLength >= 0 && valueLength > 0 && values[at] === region && valueStart >= start;
    if (!isPair || source === undefined) return { key: sliceAt(keys, index), value: sliceAt(values, index) };
    const both = own(source.subarray(start, valueStart + valueLength));
    return { key: both.subarray(0, keyLength), value: both.subarray(valueStart - start) };
  };

  /** -1 where the producer gave none. */
  const writtenAt = (index: number): number => {
    const atMs = times[index] ?? -1;
    return atMs >= 0 ? atMs : Infinity;
  };

  return {
    length,
    writtenAt,
    offsetAt: (index) => offsets[index] ?? NaN,
    bytesAt: (index) => bytes[index] ?? NaN,
    recordAt: (index) => {
      const { key, value } = ownPair(index);
      const offset = String(offsets[index]);
      const atMs = writtenAt(index);
      const writtenAtMs = atMs === Infinity ? undefined : atMs;
      return { topic, partition, offset, key, value, headers: headers.get(index) ?? NO_HEADERS, writtenAtMs };
    },
    release() {
      if (!isShared) kept.release();
    },
  };
}

/** kafkajs keeps a batch, and with it the fetch’s answer, until the partition’s next batch is there. */
export function letGo(message: FetchedRecord): void {
  message.key = message.value = null;
  message.headers = {};
}

function place(places: Int32Array, index: number, slice: Buffer | null, locator: Locator): void {
  const region = slice === null ? 0 : locator.locate(slice);
  const start = slice === null ? 0 : locator.startIn(region, slice);
  places.set([region, start, slice?.length ?? -1], STRIDE * index);
}

/** @returns how many bytes the header counts for. A header may come without a value (null), or several times. */
function copyHeader(to: Record<string, HeaderValue>, name: string, value: unknown): number {
  const copy = Array.isArray(value)
    ? value.map((one: unknown) => copyOne(one) ?? Buffer.alloc(0))
    : copyOne(value);
  to[name] = copy;
  let size = 0;
  for (const one of Array.isArray(copy) ? copy : [copy]) size += name.length + (one?.length ?? 0);
  return size;
}

function copyOne(value: unknown): Buffer | string | undefined {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  return typeof value === 'string' ? value : undefined;
}
