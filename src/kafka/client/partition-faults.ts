/**
 * What keeps single partitions from being read or committed, by name: since when, how often, and when each is tried
 * again. A partition with a fault is left out until then, so it costs its neighbours nothing. Pauses and ages don’t go
 * by the pod’s clock, which may be set back by hours; the clock only names when a fault began.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';

export interface PartitionFault {
  readonly partition: number;
  readonly reason: string;
  /** Epoch ms. */
  readonly sinceMs: number;
}

/** A fault’s first and longest pause, ms; each pause is twice the one before. */
export interface FaultPauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

export interface PartitionFaults {
  /** One more try that failed. */
  add(partition: number, reason: string, pauses: FaultPauses): void;
  /** It works again. */
  readonly clear: (partition: number) => void;
  clearAll(): void;
  readonly isHeld: (partition: number) => boolean;
  /** The lasting faults. What passes in a moment, such as a leader that moves, concerns nobody. */
  lasting(): readonly PartitionFault[];
}

/** Shorter faults are in the log only. */
const LASTING_MS = 5000;
const REMIND_MS = 60_000;

interface Known {
  reason: string;
  /** Epoch ms. */
  readonly sinceMs: number;
  /** By `nowMs`, which never goes back, as the others below: ms. */
  readonly beganMs: number;
  tries: number;
  heldUntilMs: number;
  toldAtMs: number;
}

/** How a fault's beginning and its end read in the log. */
export interface FaultWords {
  readonly begins: string;
  readonly ends: string;
}

const READING: FaultWords = {
  begins: 'a partition can not be read now',
  ends: 'the partition is read again',
};

/** @param nowMs ms; never goes back. */
export function createPartitionFaults(
  topic: string,
  clock: Pick<Clock, 'now'>,
  logger: Logger,
  words = READING,
  nowMs = () => performance.now(),
): PartitionFaults {
  const faults = new Map<number, Known>();

  return {
    add(partition, reason, { firstMs, longestMs }) {
      const now = nowMs();
      const known = faults.get(partition) ?? {
        ...{ reason, sinceMs: clock.now(), beganMs: now, tries: 0, heldUntilMs: 0, toldAtMs: -Infinity },
      };
      if (known.reason !== reason || now - known.toldAtMs >= REMIND_MS) {
        known.toldAtMs = now;
        logger.warn({ topic, partition, reason, sinceMs: known.sinceMs }, words.begins);
      }
      known.reason = reason;
      known.heldUntilMs = now + Math.min(longestMs, firstMs * 2 ** Math.min(known.tries, 20));
      known.tries += 1;
      faults.set(partition, known);
    },
    clear(partition) {
      const known = faults.get(partition);
      if (known === undefined) return;
      faults.delete(partition);
      const afterMs = Math.round(nowMs() - known.beganMs);
      logger.info({ topic, partition, reason: known.reason, afterMs }, words.ends);
    },
    clearAll() {
      faults.clear();
    },
    isHeld: (partition) => (faults.get(partition)?.heldUntilMs ?? -Infinity) > nowMs(),
    lasting() {
      const before = nowMs() - LASTING_MS;
      return [...faults]
        .filter(([, { beganMs }]) => beganMs <= before)
        .map(([partition, { reason, sinceMs }]) => ({ partition, reason, sinceMs }))
        .sort((a, b) => a.partition - b.partition);
    },
  };
}
