/**
 * What a fetched batch means for us: the records of our lane, copied out of the fetch's answer, and where the
 * next batch begins.
 */
import type { Batch, KafkaMessage } from 'kafkajs';
import type { HeaderValue } from '../domain/record.ts';
import { createPacer } from '../stream/loop-turns.ts';
import { parseOffset } from '../stream/partition-offsets.ts';
import type { Lane } from './consumer-options.ts';
import { keepBytes, type Kept } from './fetched-bytes.ts';
import type { FlowEntry } from './partition-flow.ts';

/** What a record costs beside its bytes, about. */
const RECORD_OVERHEAD_BYTES = 512;
const SLICE_MS = 4;
const RECORDS_BETWEEN_LOOKS = 128;

/** Where the fetch began that brought this batch; kafkajs has it, its types do not. */
export function fetchedOffset(batch: Batch): number {
  if ('fetchedOffset' in batch && typeof batch.fetchedOffset === 'string') {
    return parseOffset(batch.fetchedOffset);
  }
  throw new Error('kafkajs: a batch without fetchedOffset');
}

/**
 * One beyond the last offset of the batch. The last record may be followed by offsets without a record
 * (compaction, a transaction's marker): kafkajs tells the marker, the record batch's own header the rest.
 */
export function nextOffset(batch: Batch): number {
  const last = batch.messages.at(-1);
  const ends = [parseOffset(batch.lastOffset()) + 1];
  if (last !== undefined) ends.push(parseOffset(last.offset) + 1, endOfRecordBatch(last));
  return Math.max(...ends);
}

function endOfRecordBatch(message: KafkaMessage): number {
  const context: unknown = 'batchContext' in message ? message.batchContext : undefined;
  if (typeof context !== 'object' || context === null) return 0;
  if (!('firstOffset' in context && 'lastOffsetDelta' in context)) return 0;
  const { firstOffset, lastOffsetDelta } = context;
  if (typeof firstOffset !== 'string' || typeof lastOffsetDelta !== 'number') return 0;
  return parseOffset(firstOffset) + lastOffsetDelta + 1;
}

export interface LaneRule {
  readonly lane: Lane;
  readonly thresholdBytes: number;
}

export function isOurs(rule: LaneRule, value: Buffer | null): boolean {
  if (rule.lane === 'all') return true;
  const large = (value?.length ?? 0) >= rule.thresholdBytes;
  return large === (rule.lane === 'large');
}

/** In slices, between which the event loop turns: a fetch's answer may hold ten thousands of records. */
export async function toEntries(batch: Batch, rule: LaneRule): Promise<FlowEntry[]> {
  const pacer = createPacer(SLICE_MS);
  const entries: FlowEntry[] = [];
  const ours = batch.messages.filter(({ value }) => isOurs(rule, value));
  const kept = keepBytes(ours.flatMap(({ key, value }) => [key, value]).filter((slice) => slice !== null));
  let passedOver = 0;
  let next = 0;
  const skip = (): void => {
    if (passedOver > 0) entries.push({ kind: 'skip', next, passedOver });
    passedOver = 0;
  };
  for (const [index, message] of batch.messages.entries()) {
    if (index % RECORDS_BETWEEN_LOOKS === 0 && pacer.isDue()) await pacer.turn();
    const offset = parseOffset(message.offset);
    if (isOurs(rule, message.value)) {
      skip();
      entries.push(keepRecord(batch, message, offset, kept));
    } else {
      passedOver += 1;
    }
    next = offset + 1;
  }
  skip();
  entries.push({ kind: 'skip', next: nextOffset(batch), passedOver: 0 });
  return entries;
}

function keepRecord(batch: Batch, message: KafkaMessage, offset: number, kept: Kept): FlowEntry {
  const key = message.key === null ? null : kept(message.key);
  const value = message.value === null ? null : kept(message.value);
  const headers: Record<string, HeaderValue> = {};
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(message.headers ?? {})) {
    const copy = copyHeader(header);
    headers[name] = copy;
    for (const one of Array.isArray(copy) ? copy : [copy]) bytes += name.length + (one?.length ?? 0);
  }
  const { topic, partition } = batch;
  return {
    kind: 'record',
    offset,
    bytes,
    record: { topic, partition, offset: message.offset, key, value, headers },
  };
}

/** A header may come without a value (kafkajs: null), or several times (an array). */
function copyHeader(value: unknown): HeaderValue {
  if (Array.isArray(value)) return value.map((one: unknown) => copyOne(one) ?? Buffer.alloc(0));
  return copyOne(value);
}

function copyOne(value: unknown): Buffer | string | undefined {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  return typeof value === 'string' ? value : undefined;
}
