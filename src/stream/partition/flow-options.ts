/** What one partition's flow is made of: where it begins, and what it shares with the pod's other partitions. */
import type { EventWork, EventHandler } from '../../domain/event-work.ts';
import type { ByteSemaphore } from '../../runtime/collections/byte-semaphore.ts';
import type { KeyedExecutor } from '../execute/keyed-executor.ts';
import type { Committer } from '../pace/committer.ts';
import type { FetchPump } from '../pace/fetch-pump.ts';
import type { PartitionShares } from './partition-shares.ts';
import type { InheritedOffsets } from './incomplete-offsets.ts';

/** Where the flow begins. */
export interface FlowStart {
  readonly startOffset: number;
  /** Undefined where nothing valid is committed: the start is then committed too. */
  readonly committed: number | undefined;
  /** Takes in nothing before the start is committed: a later pod would find another start. */
  readonly isCommittedFirst?: boolean;
  /** What an earlier assignment has done beyond the start. */
  readonly inherited: InheritedOffsets | undefined;
  readonly highWaterMark: number;
}

export interface FlowOptions extends FlowStart {
  readonly topic: string;
  readonly partition: number;
  readonly maxRecordBytes: number;
  readonly maxUncommittedEvents: number;
  readonly eventShares: PartitionShares;
  /** For what events hold beside their records, and for unpacked records. Default: no limit. */
  readonly ownBytesShares?: PartitionShares;
  readonly unpackSemaphore?: ByteSemaphore;
  readonly executor: KeyedExecutor;
  /** Throws where others may have this partition by now, and nobody has said so. Default: never. */
  readonly assertMember?: (() => void) | undefined;
  /** Asked for a turn when an event ended, a position moved or a piece became ready. */
  readonly pump: Pick<FetchPump, 'wake'>;
  /**
   * Hears of each event that finished. Hurried where the uncommitted span is full and a commit would free some of it.
   */
  readonly committer: Pick<Committer, 'eventFinished' | 'hurry'>;
  /** Takes in no event while so many of this partition could start at once, ≥ 1. */
  readonly readyAhead: number;
  readonly handleEvent: EventHandler;
  /** The key under which an event's work is done one at a time. */
  keyOf(work: EventWork, partition: number): string | symbol;
  /** @param records of the other lane. */
  readonly meter: { passedOver(records: number): void };
  /** The consumer cannot go on. */
  onFault(error: unknown): void;
}
