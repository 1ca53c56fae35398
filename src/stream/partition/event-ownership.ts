/**
 * The right to work on one event. What runs for every event (asking, watching) costs a link in its partition’s ledger.
 * A signal is made only when asked for, one an event. So listeners that are left behind go with the event, and don’t
 * pile up on a partition’s signal.
 */
import { AbandonedError } from '../../runtime/errors.ts';
import { createLinkedList, type Linked, type LinkedList } from '../../runtime/collections/linked-list.ts';
import type { Abandonable } from '../../runtime/abandonable.ts';
import type { Ownership } from '../../domain/ownership.ts';
import type { Parking, Seat } from '../execute/places.ts';

export interface OwnershipLedger {
  /** True after {@link revokeAll}: every ownership of this ledger is revoked, also those taken later. */
  isRevoked(): boolean;
  /** @param seat where the event’s work was started. */
  take(seat: Seat): OwnedEvent;
  revokeAll(): void;
}

export interface OwnedEvent extends Ownership {
  /** To be called when the event's work has ended. */
  release(): void;
}

interface Ledger {
  /** Ownerships that something watches. */
  readonly watched: LinkedList<EventOwnership>;
  readonly parking: Parking;
  readonly assertMember: (() => void) | undefined;
  revoked: boolean;
}

/** @param assertMember throws where others may have the partition by now, and nobody has said so. */
export function createOwnershipLedger(parking: Parking, assertMember?: () => void): OwnershipLedger {
  const ledger: Ledger = { watched: createLinkedList(), parking, assertMember, revoked: false };
  return {
    isRevoked: () => ledger.revoked,
    take: (seat) => new EventOwnership(ledger, seat),
    revokeAll() {
      ledger.revoked = true;
      for (
        let ownership = ledger.watched.first();
        ownership !== undefined;
        ownership = ledger.watched.first()
      )
        ownership.revoke();
    },
  };
}

// eslint-disable-next-line no-restricted-syntax -- one is made for every event: closures cost microseconds then
class EventOwnership implements OwnedEvent, Abandonable, Linked<EventOwnership> {
  previous: EventOwnership | undefined;
  next: EventOwnership | undefined;
  readonly #ledger: Ledger;
  /** Undefined once the work has ended: the seat is the next task’s then. */
  #seat: Seat | undefined;
  #watching: Abandonable | undefined;
  /** Beyond the first: few events have two at a time. */
  #others: Abandonable[] | undefined;
  #controller: AbortController | undefined;

  constructor(ledger: Ledger, seat: Seat) {
    this.#ledger = ledger;
    this.#seat = seat;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      this.watch(this);
    }
    return this.#controller.signal;
  }

  isRevoked(): boolean {
    return this.#ledger.revoked;
  }

  assertOwned(): void {
    if (this.#ledger.revoked) throw new AbandonedError();
    this.#ledger.assertMember?.();
  }

  park(): void {
    if (this.#seat !== undefined) this.#ledger.parking.park(this.#seat);
  }

  unpark(): void {
    if (this.#seat !== undefined) this.#ledger.parking.unpark(this.#seat);
  }

  whenRoom(): Promise<void> | undefined {
    return this.#seat === undefined ? undefined : this.#ledger.parking.whenRoom(this.#seat);
  }

  watch(item: Abandonable): void {
    if (this.#ledger.revoked) {
      item.abandon();
    } else if (this.#watching === undefined) {
      this.#watching = item;
      this.#ledger.watched.append(this);
    } else {
      (this.#others ??= []).push(item);
    }
  }

  unwatch(item: Abandonable): void {
    if (this.#watching === item) {
      this.#watching = this.#others?.pop();
      if (this.#watching === undefined) this.#ledger.watched.remove(this);
      return;
    }
    const at = this.#others?.indexOf(item) ?? -1;
    if (at >= 0) this.#others?.splice(at, 1);
  }

  /** Abandons everything that watches. */
  revoke(): void {
    for (let item = this.#watching; item !== undefined; item = this.#watching) {
      this.unwatch(item);
      item.abandon();
    }
  }

  abandon(): void {
    this.#controller?.abort(new AbandonedError());
  }

  release(): void {
    this.#seat = undefined;
    if (this.#controller !== undefined) this.unwatch(this);
  }
}
