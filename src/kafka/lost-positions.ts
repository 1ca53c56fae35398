/** Tells, loudly, of positions that Kafka's log no longer has, and counts what was lost with them. */
import type { Logger } from '../pipeline/ports.ts';
import type { ConsumerMeter } from './consumer-options.ts';

export interface LostPositions {
  /** @param offsets how many, at most: some may never have held a record. Undefined where that is not known. */
  deleted(partition: number, offsets: number | undefined, details: Details): void;
  /** The log ends before what was to be read next. */
  reset(partition: number, details: Details): void;
  /** Offsets of the partition that were deleted unread, since this pod started. */
  readonly lostOf: (partition: number) => number;
}

type Details = Readonly<Record<string, unknown>>;

export interface LostPositionsOptions {
  readonly topic: string;
  readonly meter: Pick<ConsumerMeter, 'offsetsLost' | 'positionReset'>;
  readonly logger: Logger;
}

export function createLostPositions({ topic, meter, logger }: LostPositionsOptions): LostPositions {
  const lost = new Map<number, number>();
  return {
    deleted(partition, offsets, details) {
      lost.set(partition, (lost.get(partition) ?? 0) + (offsets ?? 1));
      meter.offsetsLost(partition, offsets ?? 1);
      logger.error(
        { topic, partition, offsets, ...details },
        'Kafka no longer has the offset that was to be read next: events were deleted unread, going on from the earliest',
      );
    },
    reset(partition, details) {
      meter.positionReset(partition);
      logger.error(
        { topic, partition, ...details },
        'the log ends before what was to be read next: it was cut off or made anew, going on from its earliest offset',
      );
    },
    lostOf: (partition) => lost.get(partition) ?? 0,
  };
}
