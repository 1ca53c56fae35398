/** What one partition's flow is told: its place, its bounds, what it shares with the others, and whom it tells. */
import type { EventWork, EventHandler } from '../../domain/event-work.ts';
import type { ByteSemaphore } from '../../runtime/collections/byte-semaphore.ts';
import type { KeyedExecutor } from '../execute/keyed-executor.ts';
import type { PartitionShares } from './partition-shares.ts';
import type { InheritedOffsets } from './incomplete-offsets.ts';

export interface FlowOptions {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  /** Undefined where nothing valid is committed: the start is then committed too. */
  readonly committed: number | undefined;
  /** Nothing is taken in before the start is committed: a later pod would find another. */
  readonly isCommittedFirst?: boolean;
  /** What an earlier assignment has done beyond the start. */
  readonly inherited: InheritedOffsets | undefined;
  readonly highWaterMark: number;
  readonly maxRecordBytes: number;
  readonly maxUncommittedEvents: number;
  readonly eventShares: PartitionShares;
  /** For what events taken in hold beside their records, and for unpacked records. Default: without bound. */
  readonly ownBytesShares?: PartitionShares;
  readonly unpackSemaphore?: ByteSemaphore;
  readonly executor: KeyedExecutor;
  /** No event is taken in while so many of this partition could start at once, ≥ 1. */
  readonly readyAhead: number;
  readonly intake: EventHandler;
  /** The key under which an event's work is done one at a time. */
  keyOf(work: EventWork, partition: number): string | symbol;
  /** An event ended, a position moved or a piece became ready: there may be more to do. */
  onChange(): void;
  onFinished(): void;
  onPassedOver(records: number): void;
  /** Held back by the uncommitted span, and a commit would give room. Cheap to be told often. */
  onCommitDue(): void;
  onFault(error: unknown): void;
}
