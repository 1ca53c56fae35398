/**
 * What a fetched batch holds for this pod: the records of its lane, copied out of the fetch’s answer, and where the
 * next batch begins.
 */
import type { Batch, KafkaMessage } from 'kafkajs';
import { createPacer } from '../../runtime/loop-turns.ts';
import { parseOffset } from '../../stream/buffer/parse-offset.ts';
import type { FlowEntry } from '../../stream/buffer/flow-buffer.ts';
import { createRecordChunk, letGo } from '../../stream/buffer/record-chunk.ts';

const RECORDS_BETWEEN_LOOKS = 128;
/** A chunk frees its bytes when its last record has been taken in. */
const RECORDS_A_CHUNK = 256;

/** Where the fetch of this batch began; kafkajs has it, its types do not. */
export function fetchedOffset(batch: Batch): number {
  if ('fetchedOffset' in batch && typeof batch.fetchedOffset === 'string') {
    return parseOffset(batch.fetchedOffset);
  }
  throw new Error('kafkajs: a batch without fetchedOffset');
}

/** One beyond the last offset of the batch, whether that is a record or stands for none (fetched-records.ts). */
export function nextOffset(batch: Batch): number {
  return parseOffset(batch.lastOffset()) + 1;
}

export type Lane = 'all' | 'small' | 'large';

export interface LaneRule {
  readonly lane: Lane;
  readonly thresholdBytes: number;
}

export function isOfLane(rule: LaneRule, value: Buffer | null): boolean {
  if (rule.lane === 'all') return true;
  const large = (value?.length ?? 0) >= rule.thresholdBytes;
  return large === (rule.lane === 'large');
}

/** Works in slices, between which the event loop turns: a fetch’s answer may hold tens of thousands of records. */
export async function toEntries(batch: Batch, rule: LaneRule): Promise<FlowEntry[]> {
  const pacer = createPacer();
  const entries: FlowEntry[] = [];
  let laneRecords: KafkaMessage[] = [];
  let passedOver = 0;
  let next = 0;
  const endChunk = (): void => {
    if (laneRecords.length > 0)
      entries.push({ kind: 'records', chunk: createRecordChunk(batch, laneRecords) });
    laneRecords = [];
  };
  const endSkip = (): void => {
    if (passedOver > 0) entries.push({ kind: 'skip', next, passedOver });
    passedOver = 0;
  };
  for (const [index, message] of batch.messages.entries()) {
    if (index % RECORDS_BETWEEN_LOOKS === 0 && pacer.isDue()) await pacer.turn();
    if (isOfLane(rule, message.value)) {
      endSkip();
      laneRecords.push(message);
    } else {
      endChunk();
      passedOver += 1;
      letGo(message);
    }
    next = parseOffset(message.offset) + 1;
    if (laneRecords.length >= RECORDS_A_CHUNK) endChunk();
  }
  endChunk();
  endSkip();
  entries.push({ kind: 'skip', next: nextOffset(batch), passedOver: 0 });
  return entries;
}
