/**
 * What a group has committed, including what its coordinator has written and not yet seen replicated.
 *
 * A coordinator of Kafka 4 answers with what is replicated (read in GroupCoordinatorService and seen with 4.1.1). After
 * all brokers died at once its high watermark may be 5 s old. A pod that begins there repeats what it had committed, and
 * commits backwards. Asked for stable offsets the coordinator first writes, and answers once all before is replicated.
 * That is OffsetFetch, version 7 (brokers since 2.5), which kafkajs 2.2.4 does not know.
 */
import { brokerError, brokerErrorName } from '../client/error-codes.ts';
import {
  askFlexibly,
  maxVersionOf,
  NO_TAGS,
  readCompact,
  readCount,
  skipCompact,
  skipTags,
  TRUE,
  writeCompact,
  writeCount,
} from '../client/flexible-wire.ts';
import type { ConnectionPool } from '../client/kafkajs-inside.ts';
import type { WireReader } from '../client/wire-reader.ts';

const OFFSET_FETCH_API = 9;
const VERSION = 7;

export interface CommittedRow {
  readonly partition: number;
  /** -1: none. */
  readonly offset: number;
  /** Empty where there is none. */
  readonly metadata: string;
}

export interface OffsetQuestion {
  readonly groupId: string;
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** @param versions what the coordinator's broker said that it can. */
export function knowsStableOffsets(versions: unknown): boolean {
  return maxVersionOf(versions, OFFSET_FETCH_API) >= VERSION;
}

/** Rejects with the broker's own name of what it refuses, as kafkajs's errors do (`type`). */
export function readStableOffsets(
  connectionPool: ConnectionPool,
  { groupId, topic, partitions }: OffsetQuestion,
): Promise<readonly CommittedRow[]> {
  return askFlexibly(connectionPool, {
    ...{ apiKey: OFFSET_FETCH_API, apiVersion: VERSION, apiName: 'StableOffsets' },
    body: [
      ...[writeCompact(groupId), writeCount(1), writeCompact(topic), writeCount(partitions.length)],
      ...partitions.map(writeInt32),
      ...[NO_TAGS, TRUE, NO_TAGS],
    ],
    read: readRows,
  });
}

function readRows(reader: WireReader): readonly CommittedRow[] {
  const rows: CommittedRow[] = [];
  reader.int32();
  for (let topics = readCount(reader); topics > 0; topics -= 1) {
    skipCompact(reader);
    for (let left = readCount(reader); left > 0; left -= 1) {
      const partition = reader.int32();
      const offset = reader.offset();
      reader.int32();
      const metadata = readCompact(reader);
      refuse(reader.int16());
      skipTags(reader);
      rows.push({ partition, offset, metadata });
    }
    skipTags(reader);
  }
  refuse(reader.int16());
  return rows;
}

function refuse(code: number): void {
  const type = brokerErrorName(code);
  if (type !== undefined) throw brokerError(type, `the committed offsets can not be read: ${type}`);
}

function writeInt32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
