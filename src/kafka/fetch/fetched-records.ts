/**
 * Reads a partition’s part of a fetch’s answer into the messages of a kafkajs batch: the committed records from the
 * wanted offset on. One control record stands for what must not be seen: markers, aborted transactions, offsets that
 * compaction emptied. It says how far that reaches; kafkajs keeps it back and moves past it.
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
import { DEFAULT_MAX_BATCH_BYTES } from '../codecs/codecs.ts';
import type { StretchLimits } from '../codecs/record-stretches.ts';

/** The part of a message that kafkajs and what is behind it read. */
export interface FetchedMessage {
  readonly offset: string;
  /** Epoch ms; -1 where it is not known. */
  readonly timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: FetchedHeaders;
  /** kafkajs keeps it back. */
  readonly isControlRecord: boolean;
}

export interface FetchedBytes {
  readonly bytes: Buffer;
  /** Where the fetch began. Records before it may come along with their batch. */
  readonly from: number;
  readonly aborted: readonly AbortedTransaction[] | null;
  /** Shared by all parts of an answer. Default: no limit. */
  readonly budget?: ReadBudget;
  readonly limits?: StretchLimits;
}

/** Bytes that may still come into memory. While there are any, the next record is taken, however large. */
export interface ReadBudget {
  left: number;
}

export interface FetchedPart {
  readonly messages: FetchedMessage[];
  /** The leader epoch of the last record batch; undefined where none was read. */
  readonly leaderEpoch: number | undefined;
}

/** A record batch that can’t be read. It is neither skipped nor taken in part, as that would lose events. */
export class UnreadableBatch extends Error {
  override readonly name = 'UnreadableBatch';
}

/** As for the pods where nothing else is set: a few bytes may say that they unpack to gigabytes. */
const DEFAULT_LIMITS: StretchLimits = {
  maxBatchBytes: DEFAULT_MAX_BATCH_BYTES,
  maxRecordBytes: DEFAULT_MAX_BATCH_BYTES,
};
/** What a record costs on its way through kafkajs, beside its bytes. */
const RECORD_OVERHEAD_BYTES = 256;
/** A header is an entry and two objects. */
const HEADER_OVERHEAD_BYTES = 128;

const OFFSET_AND_SIZE = 12;
const MAGIC_AT = 16;
/** The same for every format up to and with the magic. */
const LEAST_BYTES = MAGIC_AT + 1;

/**
 * The last batch may be cut off, where the answer was full: it comes again. So does what is left when the budget is
 * used up, also in the middle of a batch. An unreadable batch ends the part before it.
 * @throws UnreadableBatch where the first batch can’t be read.
 */
export async function readFetched({ bytes, from, aborted, ...within }: FetchedBytes): Promise<FetchedPart> {
  const { budget = { left: Infinity }, limits = DEFAULT_LIMITS } = within;
  const filter = createAbortedFilter(aborted);
  const messages: FetchedMessage[] = [];
  const pacer = createPacer();
  let leaderEpoch: number | undefined;
  /** One beyond the last offset that the messages cover. */
  let readTo = from;

  const passTo = (next: number): void => {
    if (next <= readTo) return;
    if (messages.at(-1)?.isControlRecord === true) messages.pop();
    messages.push(markerAt(next - 1));
    readTo = next;
  };

  async function readOne(batch: Buffer): Promise<void> {
    if (batch.readInt8(MAGIC_AT) !== 2) {
      for (const record of await readMessage(batch, limits)) {
        if (record.offset < readTo) continue;
        messages.push(toMessage(record));
        readTo = record.offset + 1;
      }
      return;
    }
    const header = await readBatchHeader(batch, pacer);
    const isHidden = filter.isAborted(header) || header.control !== undefined;
    // All or nothing: records of a batch that turns out to be broken are dropped.
    const taken: FetchedMessage[] = [];
    let takenTo = readTo;
    const take = (record: FetchedRecord): boolean => {
      taken.push(toMessage(record));
      takenTo = record.offset + 1;
      budget.left -= sizeOf(record);
      return budget.left > 0;
    };
    const isAll = isHidden || (await readBatchRecords(batch, header, readTo, { take, pacer, limits }));
    for (const message of taken) messages.push(message);
    readTo = takenTo;
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
  // With nothing else in it, the first control record says where this fetch began, as kafkajs does not.
  if (messages.length === 1 && messages[0]?.isControlRecord === true) messages.unshift(markerAt(from));
  return { messages, leaderEpoch };
}

/** At once: thousands of records that live twice until their batch is read are the garbage collector's work. */
function toMessage({ offset, timestamp, key, value, headers }: FetchedRecord): FetchedMessage {
  return { offset: String(offset), timestamp, key, value, headers, isControlRecord: false };
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
