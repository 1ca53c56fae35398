/**
 * A list whose items carry their own links: anybody can leave it at once, from wherever it is, and nothing is made
 * for it. What comes and goes with every event is kept in these and not in a Map or a Set: those are copied into a new
 * table every few changes, and V8's tables point at their successors. One dead table that has grown old keeps all
 * that follow, and all that was ever in them, alive until the next full garbage collection.
 */

/** At most in one list at a time. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

export interface LinkedList<T> {
  first(): T | undefined;
  /** @param item in no list. */
  append(item: T): void;
  /** @param item in this list. It keeps no link into it. */
  remove(item: T): void;
}

/** O(1) a call. */
export function createLinkedList<T extends Linked<T>>(): LinkedList<T> {
  let first: T | undefined;
  let last: T | undefined;
  return {
    first: () => first,
    append(item) {
      item.previous = last;
      if (last === undefined) first = item;
      else last.next = item;
      last = item;
    },
    remove(item) {
      const { previous, next } = item;
      if (previous === undefined) first = next;
      else previous.next = next;
      if (next === undefined) last = previous;
      else next.previous = previous;
      item.previous = item.next = undefined;
    },
  };
}
