/**
 * How committing goes: what fails, by name, logged once and then now and then, and whether it has lasted long enough
 * for somebody to know. A refused partition is left out for a while. So its refusal is not asked for with every commit,
 * and is not in the others’ way.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import {
  createPartitionFaults,
  type FaultWords,
  type PartitionFault,
  type PartitionFaults,
} from '../client/partition-faults.ts';

/** Shorter faults are in the log only. */
const LASTING_MS = 5000;
const REMIND_MS = 30_000;
const PAUSES = { firstMs: 1000, longestMs: 30_000 } as const;
/** What brokers take by default, bytes (`offset.metadata.max.bytes`). */
const DEFAULT_MOST_BYTES = 4096;
/** Below, no incomplete offsets fit. */
const LEAST_BYTES = 16;

const COMMITTING: FaultWords = {
  begins: 'the commits of a partition are refused',
  ends: 'the commits of the partition are taken again',
};

interface Failing {
  reason: string;
  /** Epoch ms. */
  readonly sinceMs: number;
  readonly beganMs: number;
  toldAtMs: number;
  times: number;
}

export interface CommitHealth {
  /** A commit as a whole failed. */
  failed(reason: string): void;
  /** A commit as a whole succeeded, whatever became of single partitions. */
  went(): void;
  readonly partitions: Pick<PartitionFaults, 'clear' | 'isHeld'> & {
    refused(partition: number, reason: string): void;
  };
  /** The most bytes of an offset’s metadata. */
  readonly maxMetadataBytes: number;
  /** The broker takes no metadata of this length: later ones are shorter. */
  metadataTooLarge(bytes: number): void;
  /** Why commits as a whole have failed for a while; undefined while they don't. */
  fault(): string | undefined;
  partitionFaults(): readonly PartitionFault[];
  /** The pod has other partitions now, or none. */
  forget(): void;
}

/** @param nowMs the time for pauses and ages, ms. Never goes back, as the pod’s clock may. */
export function createCommitHealth(
  topic: string,
  clock: Pick<Clock, 'now'>,
  logger: Logger,
  nowMs = () => performance.now(),
): CommitHealth {
  const faults = createPartitionFaults(topic, clock, logger, COMMITTING, nowMs);
  let failing: Failing | undefined;
  let maxMetadataBytes = DEFAULT_MOST_BYTES;

  return {
    failed(reason) {
      const now = nowMs();
      failing ??= { reason, sinceMs: clock.now(), beganMs: now, toldAtMs: -Infinity, times: 0 };
      failing.times += 1;
      if (failing.reason !== reason || now - failing.toldAtMs >= REMIND_MS) {
        failing.toldAtMs = now;
        logger.warn({ error: reason, times: failing.times, sinceMs: failing.sinceMs }, 'a commit failed');
      }
      failing.reason = reason;
    },
    went() {
      if (failing !== undefined && failing.times > 1) {
        logger.info(
          { reason: failing.reason, afterMs: Math.round(nowMs() - failing.beganMs) },
          'commits go through again',
        );
      }
      failing = undefined;
    },
    partitions: {
      refused(partition, reason) {
        faults.add(partition, reason, PAUSES);
      },
      clear: faults.clear,
      isHeld: faults.isHeld,
    },
    get maxMetadataBytes() {
      return maxMetadataBytes;
    },
    metadataTooLarge(bytes) {
      const half = Math.floor(Math.min(bytes, maxMetadataBytes) / 2);
      maxMetadataBytes = half < LEAST_BYTES ? 0 : half;
      logger.warn(
        { bytes, maxMetadataBytes },
        'the broker takes no such text beside an offset: it is kept shorter',
      );
    },
    fault() {
      if (failing === undefined || nowMs() - failing.beganMs < LASTING_MS) return undefined;
      return failing.reason;
    },
    partitionFaults: () => faults.lasting(),
    forget() {
      faults.clearAll();
    },
  };
}
