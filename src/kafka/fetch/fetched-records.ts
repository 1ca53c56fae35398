/**
 * A partition's part of a fetch's answer, read into what kafkajs hands on as a batch's messages: the committed records
 * from the wanted offset on. What is not to be seen (markers, aborted transactions, offsets that compaction emptied)
 * stands in it as one control record that tells how far it reaches: kafkajs keeps those back and moves on past them.
 */
import { createPacer } from '../../runtime/loop-turns.ts';
import { createAbortedFilter, type AbortedTransaction } from './aborted-transactions.ts';
import { messageOf } from '../client/client.ts';
import { readMessage } from './message-set.ts';
import {
  readBatchHeader,
  readBatchRecords,
  type FetchedHeaders,
  type FetchedRecord,
} from './record-batch.ts';
import type { StretchLimits } from '../codecs/record-stretches.ts';

/** What of a message kafkajs and the rooms behind it look at. */
export interface FetchedMessage {
  readonly offset: string;
  /** Epoch ms; -1 where it is not known. */
  readonly timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: FetchedHeaders;
  /** Kept back by kafkajs. */
  readonly isControlRecord: boolean;
}

export interface FetchedBytes {
  readonly bytes: Buffer;
  /** Where the fetch began: what lies before it comes along with its batch. */
  readonly from: number;
  readonly aborted: readonly AbortedTransaction[] | null;
  /** Shared by all parts of an answer. Default: without bound. */
  readonly budget?: ReadBudget;
  readonly limits?: StretchLimits;
}

/** Bytes that may still be brought into memory. The first record is taken while there are any, however large. */
export interface ReadBudget {
  left: number;
}

export interface FetchedPart {
  readonly messages: FetchedMessage[];
  /** The last record batch's leader epoch; undefined where none was read. */
  readonly leaderEpoch: number | undefined;
}

/** A record batch that can't be read: neither skipped nor taken in part, as that would lose events. */
export class UnreadableBatch extends Error {
  override readonly name = 'UnreadableBatch';
}

const NO_LIMITS: StretchLimits = { maxBatchBytes: Infinity, maxRecordBytes: Infinity };
/** What a record costs on its way through kafkajs, beside its bytes. */
const RECORD_OVERHEAD_BYTES = 256;
/** A header is an entry and two objects. */
const HEADER_OVERHEAD_BYTES = 128;

const OFFSET_AND_SIZE = 12;
const MAGIC_AT = 16;
/** The same for every format up to and with the magic. */
const LEAST_BYTES = MAGIC_AT + 1;

/**
 * The last batch may be cut off, where the answer was full: it comes again. So does what is left where the budget is used
 * up, also in the middle of a batch. One that can't be read ends the part before it.
 * @throws UnreadableBatch where the first one can't be read.
 */
export async function readFetched({ bytes, from, aborted, ...within }: FetchedBytes): Promise<FetchedPart> {
  const { budget = { left: Infinity }, limits = NO_LIMITS } = within;
  const filter = createAbortedFilter(aborted);
  const messages: FetchedMessage[] = [];
  const pacer = createPacer();
  let leaderEpoch: number | undefined;
  /** One beyond the last offset that the messages tell of. */
  let readTo = from;

  const take = (record: FetchedRecord): void => {
    const { offset, timestamp, key, value, headers } = record;
    messages.push({ offset: String(offset), timestamp, key, value, headers, isControlRecord: false });
    readTo = offset + 1;
  };
  const passTo = (next: number): void => {
    if (next <= readTo) return;
    if (messages.at(-1)?.isControlRecord === true) messages.pop();
    messages.push(markerAt(next - 1));
    readTo = next;
  };

  async function readOne(batch: Buffer): Promise<void> {
    if (batch.readInt8(MAGIC_AT) !== 2) {
      for (const record of await readMessage(batch)) if (record.offset >= readTo) take(record);
      return;
    }
    const header = readBatchHeader(batch);
    const isHidden = filter.isAborted(header) || header.control !== undefined;
    // All or nothing: what was read of a batch that turns out to be broken is let go of.
    const records: FetchedRecord[] = [];
    const keep = (record: FetchedRecord): boolean => {
      records.push(record);
      budget.left -= sizeOf(record);
      return budget.left > 0;
    };
    const isAll = isHidden || (await readBatchRecords(batch, header, readTo, { take: keep, pacer, limits }));
    for (const record of records) take(record);
    if (isAll) passTo(header.lastOffset + 1);
    ({ leaderEpoch } = header);
  }

  for (let at = 0; bytes.length - at >= LEAST_BYTES && budget.left > 0;) {
    const end = at + OFFSET_AND_SIZE + bytes.readInt32BE(at + 8);
    if (end > bytes.length && at > 0) break;
    if (pacer.isDue()) await pacer.turn();
    try {
      if (end > bytes.length || end - at < LEAST_BYTES) throw new RangeError('it is not as long as it says');
      await readOne(bytes.subarray(at, end));
    } catch (error) {
      if (messages.length > 0) break;
      const offset = bytes.readBigInt64BE(at);
      throw new UnreadableBatch(
        `the record batch at offset ${String(offset)} cannot be read: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
    at = end;
  }
  // Where there is nothing else, the first one tells where this fetch began: kafkajs does not.
  if (messages.length === 1 && messages[0]?.isControlRecord === true) messages.unshift(markerAt(from));
  return { messages, leaderEpoch };
}

function sizeOf({ key, value, headers }: FetchedRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const name in headers) {
    for (const one of [headers[name]].flat())
      bytes += HEADER_OVERHEAD_BYTES + name.length + (one?.length ?? 0);
  }
  return bytes;
}

function markerAt(offset: number): FetchedMessage {
  return {
    offset: String(offset),
    timestamp: -1,
    key: null,
    value: null,
    headers: {},
    isControlRecord: true,
  };
}
