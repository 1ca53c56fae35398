/** The shape of /status, exactly as the contract names it; whoever composes the pod fills it. */
import type { DeliveryOutcome } from '../domain/delivery.ts';
import type { EventCounts } from '../domain/outcome.ts';
import type { PartitionStatus } from '../domain/partition-status.ts';
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

/** Who forbade every push, why, and since when (RFC 3339); null where it is not known. */
export interface KillSwitchFlag {
  readonly why: string;
  readonly by: string | null;
  readonly since: string | null;
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
  readonly events: EventCounts;
  readonly deliveries: Readonly<Record<DeliveryOutcome, number>>;
  /** Events decided more than 5 s after their record was written to Kafka, since this pod started. */
  readonly decidedLate: number;
  readonly inFlight: number;
  readonly partitions: readonly PartitionStatus[];
  readonly rules: DocumentStatus;
  readonly merchants: DocumentStatus | null;
  /** Which of the two holds pushes back: `enabled: false` in the rules, or the flag in Redis. */
  readonly killSwitch: {
    readonly document: boolean;
    readonly flag: boolean;
    /** Who set the flag, why, and since when; null while it is not set. */
    readonly set: KillSwitchFlag | null;
  };
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
