/**
 * One time limit for many calls: all have the same, so those that began first end first, and one timer serves all. A
 * timer for each would be made and cleared again for every event.
 */
import { createLinkedList, type Linked } from '../../runtime/collections/linked-list.ts';

export interface ExpiringCall<T> extends Linked<T> {
  /** Ms by `performance.now()`; set when it is added. */
  deadlineMs: number;
  /** Called once the limit has passed, after it has been taken out. Must not throw. */
  expire(): void;
}

export interface CallDeadlines<T> {
  /** From now on it has its time; at most once until it is removed. */
  add(item: T): void;
  /** @param item one that was added and has neither been removed nor expired. */
  remove(item: T): void;
  /** How many that have not been removed were added before then (`performance.now()`). O(that many). */
  addedBefore(atMs: number): number;
  stop(): void;
}

/** @param limitMs ≥ 0. Doesn't keep the process alive. */
export function createCallDeadlines<T extends ExpiringCall<T>>(limitMs: number): CallDeadlines<T> {
  const items = createLinkedList<T>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function arm(ms: number): void {
    // After a pause of our own the answer may be here, unread: one look at the sockets before giving up.
    timer = setTimeout(() => setImmediate(expireDue), Math.max(1, Math.ceil(ms)));
    timer.unref();
  }

  function expireDue(): void {
    timer = undefined;
    const nowMs = performance.now();
    for (let item = items.first(); item !== undefined; item = items.first()) {
      if (item.deadlineMs > nowMs) {
        if (!stopped) arm(item.deadlineMs - nowMs);
        return;
      }
      items.remove(item);
      item.expire();
    }
  }

  return {
    add(item) {
      item.deadlineMs = performance.now() + limitMs;
      items.append(item);
      if (timer === undefined && !stopped) arm(limitMs);
    },
    remove: (item) => items.remove(item),
    addedBefore(atMs) {
      let count = 0;
      for (let item = items.first(); item !== undefined && item.deadlineMs < atMs + limitMs; item = item.next)
        count += 1;
      return count;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
