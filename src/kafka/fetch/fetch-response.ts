/**
 * A fetch’s answer, partition by partition (versions 4–11 of the request). The records stay bytes, and an error code
 * stays with its partition. kafkajs 2.2.4 makes one error of the whole answer where one partition has one.
 */
import type { AbortedTransaction } from './aborted-transactions.ts';
import { createWireReader, type WireReader } from '../client/wire-reader.ts';

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** One beyond the last offset that all replicas have. */
  readonly highWatermark: number;
  /** One beyond the last offset below every open transaction: consumers can read up to here. */
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[] | null;
  /** -1 where the leader should be asked. */
  readonly preferredReadReplica: number;
  readonly records: Buffer;
}

export interface FetchAnswer {
  /** How long the broker wants this client to pause, where the client must do so, ms. */
  readonly clientSideThrottleTime: number | undefined;
  /** The error code of the answer as a whole; 0 where it is well. */
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

const EMPTY = Buffer.alloc(0);

export const OLDEST_VERSION = 4;
export const NEWEST_VERSION = 11;

/** @throws WireError where the answer is not as its version says. */
export function readFetchAnswer(answer: Buffer, version: number): FetchAnswer {
  const reader = createWireReader(answer);
  const throttleMs = reader.int32();
  const errorCode = version >= 7 ? reader.int16() : 0;
  if (version >= 7) reader.int32();
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.int32(); topics > 0; topics -= 1) {
    const topic = reader.string();
    for (let left = reader.int32(); left > 0; left -= 1)
      partitions.push(readPartition(reader, topic, version));
  }
  return { clientSideThrottleTime: version >= 8 ? throttleMs : undefined, errorCode, partitions };
}

function readPartition(reader: WireReader, topic: string, version: number): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.offset();
  const lastStableOffset = reader.offset();
  if (version >= 5) reader.offset();
  const aborted = readAborted(reader);
  const preferredReadReplica = version >= 11 ? reader.int32() : -1;
  const records = reader.bytes(reader.int32()) ?? EMPTY;
  return {
    ...{ topic, partition, errorCode, highWatermark, lastStableOffset },
    ...{ aborted, preferredReadReplica, records },
  };
}

function readAborted(reader: WireReader): AbortedTransaction[] | null {
  const count = reader.int32();
  if (count < 0) return null;
  return Array.from({ length: count }, () => ({ producerId: reader.int64(), firstOffset: reader.offset() }));
}
