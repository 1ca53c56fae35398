/** What a consumer is told and what it tells. Durations are in ms. */
import type { Clock } from '../runtime/clock.ts';
import type { EventHandler } from '../domain/event-work.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Ordering } from '../stream/partition/event-keys.ts';
import type { KafkaConnection } from './client/client.ts';
import type { Lane } from './fetch/batch-entries.ts';
import type { ConsumerMeter } from './meter.ts';

export interface ConsumerOptions {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topic: string;
  /** Where a group that has committed nothing begins. */
  readonly start: 'earliest' | 'latest';
  readonly lane: Lane;
  /** A record whose value, as it came, has at least so many bytes is `large`. */
  readonly laneThresholdBytes: number;
  readonly ordering: Ordering;
  readonly sessionTimeoutMs: number;
  /** Shorter than the session timeout. */
  readonly drainTimeoutMs: number;
  readonly commitIntervalMs: number;
  readonly commitMaxEvents: number;
  /** Events received without outcome in this pod: at most. */
  readonly maxInFlightEvents: number;
  /** A partition's events from the last commit to the last one received: at most, but for one record that has more. */
  readonly maxUncommittedEvents: number;
  readonly maxRecordBytes: number;
  /**
   * Bytes of records fetched and not finished in this pod; each partition may go one fetch beyond,
   * two while it is fast. Default 8 MiB.
   */
  readonly maxInFlightBytes?: number;
  /** However many partitions there are: at most so many bytes, and one record. Default 32 MiB. */
  readonly mostHeldBytes?: number;
  /** Events being worked on at once, of different keys. Default 256. */
  readonly maxRunningEvents?: number;
  /** How soon a rebalance is noticed. Default 500. */
  readonly heartbeatIntervalMs?: number;
  /** How soon new partitions are noticed. Default 30,000. */
  readonly metadataMaxAgeMs?: number;
  /** How often high watermarks are asked for and Kafka is probed. Default 10,000. */
  readonly lagIntervalMs?: number;
  /** A fetch’s answer: at most so many bytes of one partition. Default 1 MiB. */
  readonly maxFetchBytesPerPartition?: number;
  /** A fetch’s answer: at most so many bytes of one broker. Default 1 MiB. */
  readonly maxFetchBytes?: number;
  /** What one compressed record batch may unpack to; beyond, its partition can't be read. Default 256 MiB. */
  readonly maxBatchBytes?: number;
  readonly handleEvent: EventHandler;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly meter: ConsumerMeter;
  /** Called after every join, before its first event, with how many partitions this pod has. Must not throw. */
  readonly onAssigned?: (partitions: number) => void;
  /** What keeps it from beginning or from Kafka, in the client's words; undefined once nothing does. Must not throw. */
  readonly onUnavailable?: (reason: string | undefined) => void;
  /**
   * Called at most once: the consumer cannot go on without skipping or losing something (a defect in an
   * event's work, missing rights to join the group). The pod must exit with this reason.
   */
  onFatal(error: Error): void;
}

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  /** The committed offset, or where reading began while nothing has been committed; null while it is not known. */
  readonly committed: number | null;
  readonly highWaterMark: number | null;
  /** Offsets that can be read and are not committed: what an open transaction holds back is not among them. */
  readonly lag: number | null;
  /** Offsets at the log's end that an open transaction holds back. */
  readonly heldByTransactions: number;
  /** Offsets that Kafka deleted unread, since this pod started. */
  readonly lost: number;
  /** How often reading went back to the beginning, as the topic was made anew or cut off, since this pod started. */
  readonly resets: number;
  /** Events received without outcome. */
  readonly inFlight: number;
  /** Why the partition can't be read or committed now; absent while it can. */
  readonly fault?: string;
  /** Age of the oldest undecided event; null where none of the backlog has been read yet. */
  readonly behindSeconds: number | null;
  /** Until the backlog is gone at the present pace; null where it grows or stands, or before that is known. */
  readonly etaSeconds: number | null;
}

export interface ConsumerStatus {
  /** A member of the group with its partitions in hand. */
  readonly joined: boolean;
  /** Why commits as a whole have failed for some seconds; undefined while they don't. */
  readonly commitFault: string | undefined;
  /** False while Kafka does not answer. */
  readonly connected: boolean;
  readonly partitions: readonly PartitionStatus[];
  readonly inFlight: number;
  /** Of them, those at work: the others wait for something, or behind one of their user that does. */
  readonly atWork: number;
  readonly inFlightBytes: number;
  /** Epoch ms; undefined before the first. */
  readonly lastFetchAtMs: number | undefined;
  /** An event finished, or a position moved. */
  readonly lastProgressAtMs: number | undefined;
  /** Since when Kafka has been away; undefined while it answers. */
  readonly awaySinceMs: number | undefined;
  /** Since when this pod has been handing over or waiting to join; undefined while joined. */
  readonly rebalancingSinceMs: number | undefined;
}
