/** One event's work as the executor runs it: under an ownership. Its partition's open records hear of its end. */
import { AbandonedError } from '../../runtime/errors.ts';
import type { EventWork } from '../../domain/event-work.ts';
import type { KeyedTask } from '../execute/keyed-executor.ts';
import type { Seat } from '../execute/places.ts';
import type { OpenRecord } from './open-record.ts';
import type { OpenRecords } from './open-records.ts';

// eslint-disable-next-line no-restricted-syntax -- one is made for every event: closures cost microseconds then
export class EventTask implements KeyedTask {
  readonly key: string | symbol;
  readonly partition: number | undefined;
  readonly #records: OpenRecords;
  readonly #record: OpenRecord;
  readonly #index: number;
  readonly #ownBytes: number | undefined;
  readonly #work: EventWork;

  constructor(
    records: OpenRecords,
    of: {
      readonly record: OpenRecord;
      readonly index: number;
      readonly ownBytes: number | undefined;
      readonly work: EventWork;
    },
    under: { readonly key: string | symbol; readonly partition: number | undefined },
  ) {
    this.#records = records;
    this.#record = of.record;
    this.#index = of.index;
    this.#ownBytes = of.ownBytes;
    this.#work = of.work;
    this.key = under.key;
    this.partition = under.partition;
  }

  ahead(): void {
    this.#work.ahead?.();
  }

  async run(seat: Seat): Promise<void> {
    const record = this.#record;
    const { ownerships } = this.#records;
    if (ownerships.isRevoked()) {
      this.drop();
      return;
    }
    const ownership = ownerships.take(seat);
    try {
      await this.#work.run(ownership);
      this.#records.decided(record, this.#index);
    } catch (error) {
      record.isGivenUp = true;
      // An abandoned event blocks the watermark. That is right only after a revocation: another pod reads it again.
      if (!(error instanceof AbandonedError) || !ownerships.isRevoked()) this.#records.onFault(error);
    } finally {
      ownership.release();
      this.#records.ended(record, this.#ownBytes);
    }
  }

  drop(): void {
    this.#work.abandon();
    this.#record.isGivenUp = true;
    this.#records.ended(this.#record, this.#ownBytes);
  }
}
