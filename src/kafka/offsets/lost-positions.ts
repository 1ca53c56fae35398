/** Logs positions that Kafka’s log no longer has as errors, and counts what was lost with them. */
import type { Logger } from '../../runtime/logger.ts';
import type { ConsumerMeter } from '../meter.ts';
import type { ResetReason } from './start-positions.ts';

export interface LostPositions {
  /** @param offsets at most this many: some may never have held a record. Undefined where that is not known. */
  deleted(partition: number, offsets: number | undefined, details: Details): void;
  /** The position says nothing of the present log: reading goes on from the log’s earliest offset. */
  reset(partition: number, reason: ResetReason, details: Details): void;
  /** Offsets of the partition that were deleted unread, since this pod started. */
  readonly lostOf: (partition: number) => number;
  /** How often reading went back to the partition's beginning, since this pod started. */
  readonly resetsOf: (partition: number) => number;
}

const WORDS: Readonly<Record<ResetReason, string>> = {
  remade:
    'the topic was deleted and made anew: what was committed is of the one before, going on from the earliest offset',
  cut_off:
    'the log ends before what was to be read next: its end was cut off, going on from the earliest offset that it has',
};

type Details = Readonly<Record<string, unknown>>;

export interface LostPositionsOptions {
  readonly topic: string;
  readonly meter: Pick<ConsumerMeter, 'offsetsLost' | 'positionReset'>;
  readonly logger: Logger;
}

export function createLostPositions({ topic, meter, logger }: LostPositionsOptions): LostPositions {
  const lost = new Map<number, number>();
  const resets = new Map<number, number>();
  return {
    deleted(partition, offsets, details) {
      lost.set(partition, (lost.get(partition) ?? 0) + (offsets ?? 1));
      meter.offsetsLost(partition, offsets ?? 1);
      logger.error(
        { topic, partition, offsets, ...details },
        'Kafka no longer has the offset that was to be read next: events were deleted unread, going on from the earliest',
      );
    },
    reset(partition, reason, details) {
      resets.set(partition, (resets.get(partition) ?? 0) + 1);
      meter.positionReset(partition, reason);
      logger.error({ topic, partition, reason, ...details }, WORDS[reason]);
    },
    resetsOf: (partition) => resets.get(partition) ?? 0,
    lostOf: (partition) => lost.get(partition) ?? 0,
  };
}
