/**
 * The right to work on one event. What runs for every event (asking, watching) goes to a partition's book and costs
 * a set's entry; a signal is made only when asked for, one an event, so that listeners which are left behind go
 * with the event instead of piling up on a partition's signal.
 */
import { AbandonedError } from '../domain/errors.ts';
import type { Abandonable, Hold } from '../pipeline/ports.ts';

export interface HoldBook {
  /** True once {@link loseAll} was called: every hold of this book is lost, those taken later too. */
  isLost(): boolean;
  take(): HeldEvent;
  loseAll(): void;
}

export interface HeldEvent extends Hold {
  /** To be called when the event's work has ended. */
  release(): void;
}

interface Book {
  readonly watching: Set<Abandonable>;
  lost: boolean;
}

export function createHoldBook(): HoldBook {
  const book: Book = { watching: new Set(), lost: false };
  return {
    isLost: () => book.lost,
    take: () => new EventHold(book),
    loseAll() {
      if (book.lost) return;
      book.lost = true;
      for (const item of book.watching) {
        book.watching.delete(item);
        item.abandon();
      }
    },
  };
}

// eslint-disable-next-line no-restricted-syntax -- one is made for every event: closures cost microseconds then
class EventHold implements HeldEvent, Abandonable {
  readonly #book: Book;
  #controller: AbortController | undefined;

  constructor(book: Book) {
    this.#book = book;
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

  watch(item: Abandonable): void {
    if (this.#book.lost) item.abandon();
    else this.#book.watching.add(item);
  }

  unwatch(item: Abandonable): void {
    this.#book.watching.delete(item);
  }

  abandon(): void {
    this.#controller?.abort(new AbandonedError());
  }

  release(): void {
    if (this.#controller !== undefined) this.unwatch(this);
  }
}
