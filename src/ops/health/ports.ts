/**
 * What a pod's health is read from. Every part knows its own state already, so a read costs no call. Only the queue's
 * depths and the kill switch's flag are asked of Redis.
 */
import type { PartitionStatus } from '../../domain/partition-status.ts';
import type { KillSwitchFlag, Status } from '../status.ts';

export interface ConsumerPort {
  status(): {
    /** A member of the group with its partitions in hand. */
    readonly joined: boolean;
    /** False while Kafka does not answer. */
    readonly connected: boolean;
    /** Why commits as a whole have failed for some seconds; undefined while they don't. */
    readonly commitFault: string | undefined;
    readonly partitions: readonly PartitionStatus[];
    readonly inFlight: number;
    /** Of them, those at work: the others wait. */
    readonly atWork: number;
    /** Epoch ms; undefined before the first. */
    readonly lastFetchAtMs: number | undefined;
    /** Epoch ms; an event finished, or a position moved. */
    readonly lastProgressAtMs: number | undefined;
  };
}

export interface RedisPort {
  isUp(): boolean;
  faults(): readonly string[];
  warnings(): readonly string[];
  seen(): { readonly dataLost: number; readonly serverChanged: number };
}

export interface DocumentPort {
  status(): {
    readonly version: string | undefined;
    readonly etag: string | undefined;
    readonly hash: string | undefined;
    /** RFC 3339. */
    readonly loadedAt: string | undefined;
    readonly lastError: string | undefined;
  };
}

export interface RulesPort extends DocumentPort {
  /** Undefined until there was a good version. */
  current(): { readonly enabled: boolean } | undefined;
}

/** Events that wait for the coupon API: how many, of how many users, the first of them since. */
export interface FailingEvents {
  readonly events: number;
  readonly users: number;
  readonly oldestMs: number;
}

export interface CouponTrouble {
  readonly breaker: 'closed' | 'open' | 'half_open';
  /** Events that fail while others are answered, and those that wait for the API as such. */
  readonly failingAlone: FailingEvents;
  readonly waitingForAll: FailingEvents;
}

export interface CouponApiPort {
  stats(): CouponTrouble & {
    readonly inFlight: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
    /** Too few call to open the breaker, but nobody is answered. */
    readonly isDark: boolean;
    /** Events between two tries. */
    readonly pausing: number;
    /** A call is out that will end within its time limit. */
    readonly isCallInTime: boolean;
  };
  /** The partner answers 401 even to a fresh token. */
  isRefused(): boolean;
}

export interface PushApiPort {
  stats(): {
    readonly inFlight: number;
    readonly calls: number;
    readonly failed: number;
    readonly lastError: string | undefined;
    readonly isAway: boolean;
  };
  /** The partner answers 401 even to a fresh token. */
  isRefused(): boolean;
}

export interface TokensPort {
  hasValidToken(): boolean;
  lastError(): string | undefined;
}

export interface WorkerPort {
  /** Why the push worker gets no jobs; undefined while it does. */
  refused(): string | undefined;
}

export interface QueuePort {
  /** Rejects while Redis is away. */
  counts(): Promise<Status['queue']>;
}

export interface KillSwitchPort {
  /** Undefined while pushing is allowed. Rejects while Redis is away. */
  read(): Promise<KillSwitchFlag | undefined>;
}

export interface LedgerPort {
  counts(): Status['events'];
  deliveries(): Status['deliveries'];
  inFlight(): number;
  /** Events that have ended since the start, whatever their outcome. */
  decided(): number;
  /** Of them, those whose outcome came more than 5 s after their record was written to Kafka. */
  late(): number;
}
