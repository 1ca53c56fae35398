/** The shape of /status, exactly as the contract names it; whoever composes the pod fills it. */
import type { DeliveryOutcome } from '../domain/delivery.ts';
import type { DeadLetterReason, FilterReason } from '../domain/outcome.ts';
import type { LivePod } from './pods.ts';
import type { WaitingFor } from './health/waits.ts';

export interface DocumentStatus {
  readonly version: string | null;
  readonly etag: string | null;
  /** The first twelve hex digits of the SHA-256 of its bytes. */
  readonly hash: string | null;
  readonly loadedAt: string | null;
  readonly lastError: string | null;
}

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number | null;
  readonly highWaterMark: number | null;
  /** Offsets that can be read and are not committed. */
  readonly lag: number | null;
  readonly inFlight: number;
  /** Offsets at the log's end that an open transaction holds back from being read. */
  readonly heldByTransactions: number;
  /** Offsets that Kafka deleted unread, since this pod started. */
  readonly lost: number;
  /** How often reading went back to the beginning, as the topic was made anew or cut off, since this pod started. */
  readonly resets: number;
  /** Why the partition can't be read now; absent while it can. */
  readonly fault?: string;
  /** Age of the oldest undecided event; null where none of the backlog has been read yet. */
  readonly behindSeconds: number | null;
  /** Until the backlog is gone at the present pace; null where it grows or stands, or before that is known. */
  readonly etaSeconds: number | null;
}

export interface Status {
  readonly pod: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** Services that events wait for, or that are known to be away: `ok` where there are none. */
  readonly condition: 'ok' | 'degraded' | 'stalled';
  readonly away: readonly string[];
  /** What is partly bad, in words: `degraded` where there is something. */
  readonly reasons: readonly string[];
  /** What events wait for, by name. */
  readonly waiting: readonly WaitingFor[];
  readonly events: {
    readonly received: number;
    readonly queued: number;
    readonly filtered: Readonly<Record<FilterReason, number>>;
    readonly dead_lettered: Readonly<Record<DeadLetterReason, number>>;
    readonly abandoned: number;
  };
  readonly deliveries: Readonly<Record<DeliveryOutcome, number>>;
  readonly inFlight: number;
  readonly partitions: readonly PartitionStatus[];
  readonly rules: DocumentStatus;
  readonly merchants: DocumentStatus | null;
  /** Which of the two holds pushes back: `enabled: false` in the rules, or the flag in Redis. */
  readonly killSwitch: { readonly document: boolean; readonly flag: boolean };
  readonly pods: readonly LivePod[];
  readonly couponApi: {
    readonly inFlight: number;
    readonly breaker: 'closed' | 'open' | 'half_open';
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  };
  readonly pushApi: {
    readonly inFlight: number;
    /** Calls of the last minute, at most 64, and those among them that were not answered to an end. */
    readonly recentCalls: number;
    readonly recentFailures: number;
    /** What the latest of these failed with. */
    readonly lastError: string | null;
  };
  readonly queue: {
    readonly waiting: number;
    readonly active: number;
    readonly delayed: number;
    readonly failed: number;
  };
  /** Since this pod started: what a stalled reader of stdout has cost. */
  readonly logLinesDropped: number;
  readonly redis: {
    /** Since this pod started: times that Redis had lost acknowledged writes, and that another server answered. */
    readonly dataLost: number;
    readonly serverChanged: number;
    /** Why it can't be used as it should now; in words, also of what is refused in part. Empty where all is well. */
    readonly faults: readonly string[];
    /** What a person should know beside that: clocks that differ, commands that are refused and can be done without. */
    readonly warnings: readonly string[];
  };
}
