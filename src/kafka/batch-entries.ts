/**
 * What a fetched batch means for us: the records of our lane, copied out of the fetch's answer, and where the
 * next batch begins.
 */
import type { Batch, KafkaMessage } from 'kafkajs';
import { createPacer } from '../stream/loop-turns.ts';
import { parseOffset } from '../stream/partition-offsets.ts';
import type { Lane } from './consumer-options.ts';
import type { FlowEntry } from './flow-buffer.ts';
import { createRecordChunk, letGo } from './record-chunk.ts';

const RECORDS_BETWEEN_LOOKS = 128;
/** A chunk's bytes are let go of when its last record has been taken up. */
const RECORDS_A_CHUNK = 256;

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
  const pacer = createPacer();
  const entries: FlowEntry[] = [];
  let ours: KafkaMessage[] = [];
  let passedOver = 0;
  let next = 0;
  const endChunk = (): void => {
    if (ours.length > 0) entries.push({ kind: 'records', chunk: createRecordChunk(batch, ours) });
    ours = [];
  };
  const endSkip = (): void => {
    if (passedOver > 0) entries.push({ kind: 'skip', next, passedOver });
    passedOver = 0;
  };
  for (const [index, message] of batch.messages.entries()) {
    if (index % RECORDS_BETWEEN_LOOKS === 0 && pacer.isDue()) await pacer.turn();
    if (isOurs(rule, message.value)) {
      endSkip();
      ours.push(message);
    } else {
      endChunk();
      passedOver += 1;
      letGo(message);
    }
    next = parseOffset(message.offset) + 1;
    if (ours.length >= RECORDS_A_CHUNK) endChunk();
  }
  endChunk();
  endSkip();
  entries.push({ kind: 'skip', next: nextOffset(batch), passedOver: 0 });
  return entries;
}
