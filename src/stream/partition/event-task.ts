/** One event's work as the executor runs it: under an ownership, and told to its partition however it ends. */
import { AbandonedError } from '../../runtime/errors.ts';
import type { EventWork } from '../../domain/event-work.ts';
import type { KeyedTask } from '../execute/keyed-executor.ts';
import type { Seat } from '../execute/places.ts';
import type { OwnershipLedger } from './event-ownership.ts';
import type { OpenRecord } from './record-pieces.ts';

/** What an event's end means to its partition. */
export interface TaskOwner {
  readonly ownerships: OwnershipLedger;
  /** It has its outcome. */
  decided(record: OpenRecord, index: number): void;
  /** It has ended, decided or not. @param ownBytes of its piece. */
  ended(record: OpenRecord, ownBytes: number | undefined): void;
  onFault(error: unknown): void;
}

// eslint-disable-next-line no-restricted-syntax -- one is made for every event: closures cost microseconds then
export class EventTask implements KeyedTask {
  readonly key: string | symbol;
  readonly partition: number | undefined;
  readonly #owner: TaskOwner;
  readonly #record: OpenRecord;
  readonly #index: number;
  readonly #ownBytes: number | undefined;
  readonly #work: EventWork;

  constructor(
    owner: TaskOwner,
    of: {
      readonly record: OpenRecord;
      readonly index: number;
      readonly ownBytes: number | undefined;
      readonly work: EventWork;
    },
    under: { readonly key: string | symbol; readonly partition: number | undefined },
  ) {
    this.#owner = owner;
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
    const { ownerships } = this.#owner;
    if (ownerships.isRevoked()) {
      this.drop();
      return;
    }
    const ownership = ownerships.take(seat);
    try {
      await this.#work.run(ownership);
      this.#owner.decided(record, this.#index);
    } catch (error) {
      record.isGivenUp = true;
      // Given up: its offset stays undecided. Without a revocation that would be for ever.
      if (!(error instanceof AbandonedError) || !ownerships.isRevoked()) this.#owner.onFault(error);
    } finally {
      ownership.release();
      this.#owner.ended(record, this.#ownBytes);
    }
  }

  drop(): void {
    this.#work.abandon();
    this.#record.isGivenUp = true;
    this.#owner.ended(this.#record, this.#ownBytes);
  }
}
