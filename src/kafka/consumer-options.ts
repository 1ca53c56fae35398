/** What a consumer takes and what it reports. Durations are in ms. */
import type { Clock } from '../runtime/clock.ts';
import type { PartitionStatus } from '../domain/partition-status.ts';
import type { Logger } from '../runtime/logger.ts';
import type { PartitionsLimits } from '../stream/partitions.ts';
import type { KafkaConnection } from './client/client.ts';
import type { Lane } from './fetch/batch-entries.ts';
import type { ConsumerMeter } from './meter.ts';

export interface ConsumerOptions extends PartitionsLimits {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  /** Where a group that has committed nothing begins. */
  readonly start: 'earliest' | 'latest';
  readonly lane: Lane;
  /** A record whose value, as it came, has at least this many bytes is `large`. */
  readonly laneThresholdBytes: number;
  readonly sessionTimeoutMs: number;
  /** Shorter than the session timeout. */
  readonly drainTimeoutMs: number;
  /** How soon a rebalance is noticed. Default 500. */
  readonly heartbeatIntervalMs?: number;
  /** How soon new partitions are noticed. Default 30,000. */
  readonly metadataMaxAgeMs?: number;
  /** How often the consumer asks for high watermarks and probes Kafka. Default 10,000. */
  readonly lagIntervalMs?: number;
  /** The most bytes that a fetch’s answer has of one partition. Default 1 MiB. */
  readonly maxFetchBytesPerPartition?: number;
  /** The most bytes that a fetch’s answer has of one broker. Default 1 MiB. */
  readonly maxFetchBytes?: number;
  /**
   * The most bytes that a compressed record batch may unpack to. The partition of a larger one can’t be read. Default
   * 256 MiB.
   */
  readonly maxBatchBytes?: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly meter: ConsumerMeter;
  /** Called after every join, before its first event, with how many partitions this pod has. Must not throw. */
  readonly onAssigned?: (partitions: number) => void;
  /**
   * Why Kafka is unavailable, or the consumer can’t begin, in the client’s words. Undefined once neither is so. Must
   * not throw.
   */
  readonly onUnavailable?: (reason: string | undefined) => void;
  /**
   * Called at most once, when the consumer cannot go on without skipping or losing something. That is a defect in an
   * event’s work, or missing rights to join the group. The pod must exit with this reason.
   */
  onFatal(error: Error): void;
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
  /**
   * The events among them that are at work. The others wait for something, or behind an event of their user that waits.
   */
  readonly atWork: number;
  readonly inFlightBytes: number;
  /** Epoch ms; undefined before the first fetch. */
  readonly lastFetchAtMs: number | undefined;
  /** When an event last finished, or a position moved; epoch ms. */
  readonly lastProgressAtMs: number | undefined;
  /** Since when Kafka has been away; undefined while it answers. */
  readonly awaySinceMs: number | undefined;
  /** Since when this pod has been handing over or waiting to join; undefined while joined. */
  readonly rebalancingSinceMs: number | undefined;
}
