/**
 * The right to work on one event. What runs for every event (asking, watching) costs a link in its partition's book; a
 * signal is made only when asked for, one an event, so that listeners which are left behind go with the event instead
 * of piling up on a partition's signal.
 */
import { AbandonedError } from '../../runtime/errors.ts';
import { createLinkedList, type Linked, type LinkedList } from '../../runtime/collections/linked-list.ts';
import type { Abandonable } from '../../runtime/abandonable.ts';
import type { Hold } from '../../domain/ownership.ts';
import type { Parking, Seat } from '../execute/places.ts';

export interface HoldBook {
  /** True once {@link loseAll} was called: every hold of this book is lost, those taken later too. */
  isLost(): boolean;
  /** @param seat where its work was started. */
  take(seat: Seat): HeldEvent;
  loseAll(): void;
}

export interface HeldEvent extends Hold {
  /** To be called when the event's work has ended. */
  release(): void;
}

interface Book {
  /** Holds that somebody watches. */
  readonly watched: LinkedList<EventHold>;
  readonly parking: Parking;
  lost: boolean;
}

export function createHoldBook(parking: Parking): HoldBook {
  const book: Book = { watched: createLinkedList(), parking, lost: false };
  return {
    isLost: () => book.lost,
    take: (seat) => new EventHold(book, seat),
    loseAll() {
      if (book.lost) return;
      book.lost = true;
      for (let hold = book.watched.first(); hold !== undefined; hold = book.watched.first()) hold.lose();
    },
  };
}

// eslint-disable-next-line no-restricted-syntax -- one is made for every event: closures cost microseconds then
class EventHold implements HeldEvent, Abandonable, Linked<EventHold> {
  previous: EventHold | undefined;
  next: EventHold | undefined;
  readonly #book: Book;
  /** Undefined once the work has ended: the seat is its successor's then. */
  #seat: Seat | undefined;
  #watching: Abandonable | undefined;
  /** Beyond the first: few events have two at a time. */
  #others: Abandonable[] | undefined;
  #controller: AbortController | undefined;

  constructor(book: Book, seat: Seat) {
    this.#book = book;
    this.#seat = seat;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      this.watch(this);
    }
    return this.#controller.signal;
  }

  isLost(): boolean {
    return this.#book.lost;
  }

  assertHeld(): void {
    if (this.#book.lost) throw new AbandonedError();
  }

  park(): void {
    if (this.#seat !== undefined) this.#book.parking.park(this.#seat);
  }

  unpark(): void {
    if (this.#seat !== undefined) this.#book.parking.unpark(this.#seat);
  }

  whenRoom(): Promise<void> | undefined {
    return this.#seat === undefined ? undefined : this.#book.parking.whenRoom(this.#seat);
  }

  watch(item: Abandonable): void {
    if (this.#book.lost) {
      item.abandon();
    } else if (this.#watching === undefined) {
      this.#watching = item;
      this.#book.watched.append(this);
    } else {
      (this.#others ??= []).push(item);
    }
  }

  unwatch(item: Abandonable): void {
    if (this.#watching === item) {
      this.#watching = this.#others?.pop();
      if (this.#watching === undefined) this.#book.watched.remove(this);
      return;
    }
    const at = this.#others?.indexOf(item) ?? -1;
    if (at >= 0) this.#others?.splice(at, 1);
  }

  /** Tells all who watch. */
  lose(): void {
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
