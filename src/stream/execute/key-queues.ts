/**
 * The queue of each key that has work. A key whose work has ended keeps its empty queue for a while: a busy key has
 * work again soon. Deleting from a Map for every event would also leave dead tables that V8 keeps alive
 * (`runtime/collections/linked-list.ts`).
 * Once there are more empty queues than others, the empty ones go together: the others are copied to a new Map.
 */
import type { KeyQueue, QueuedTask } from './ready-queues.ts';

export interface KeyQueues<Task> {
  /** The key's queue, empty where it has no work. A task must be put into it then. */
  take(key: string | symbol, partition: number | undefined): KeyQueue<Task>;
  /** No task of this queue waits or runs any more. */
  ended(queue: KeyQueue<Task>): void;
  /** Keys with work. */
  size(): number;
  /** Calls for each queue with work. The queues may end meanwhile. */
  forEach(visit: (queue: KeyQueue<Task>) => void): void;
}

/** This many empty queues are always kept, … */
const KEPT = 512;
/** … and this many for each queue with work: removing them costs O(1) a task. */
const KEPT_FOR_ONE = 2;

/** O(1) a call on average. Memory grows with the keys that have work. */
export function createKeyQueues<Task>(): KeyQueues<Task> {
  let queues = new Map<string | symbol, KeyQueue<Task>>();
  let empty = 0;

  function hasWork({ head, busy }: KeyQueue<Task>): boolean {
    return busy || head !== undefined;
  }

  function sweep(): void {
    const kept = new Map<string | symbol, KeyQueue<Task>>();
    for (const queue of queues.values()) if (hasWork(queue)) kept.set(queue.key, queue);
    queues = kept;
    empty = 0;
  }

  return {
    take(key, partition) {
      const known = queues.get(key);
      if (known === undefined) {
        const fresh: KeyQueue<Task> = {
          key,
          head: undefined,
          tail: undefined,
          busy: false,
          partition,
          startedAt: 0,
          arrival: 0,
          parked: false,
          returned: false,
          admit: undefined,
        };
        queues.set(key, fresh);
        return fresh;
      }
      if (!hasWork(known)) empty -= 1;
      return known;
    },
    ended() {
      empty += 1;
      if (empty > KEPT && empty > KEPT_FOR_ONE * (queues.size - empty)) sweep();
    },
    size: () => queues.size - empty,
    forEach(visit) {
      for (const queue of [...queues.values()]) if (hasWork(queue)) visit(queue);
    },
  };
}

/** Takes out of the queue the tasks that are to be dropped; the rest keeps its order. */
export function removeDropped<Task>(queue: KeyQueue<Task>): void {
  let head: QueuedTask<Task> | undefined;
  let tail: QueuedTask<Task> | undefined;
  for (let node = queue.head; node !== undefined; node = node.next) {
    if (node.toDrop) continue;
    if (tail === undefined) head = node;
    else tail.next = node;
    tail = node;
  }
  if (tail !== undefined) tail.next = undefined;
  queue.head = head;
  queue.tail = tail;
}
