/**
 * The keys that could start a task now, or the parked tasks that could go on. Each partition has its own heap, with the
 * item whose task arrived first in front. Items come nearly in order, new ones always last, so adding costs O(1).
 * Taking costs O(partitions + log keys).
 */
import { createLinkedList, type Linked } from '../../runtime/collections/linked-list.ts';
import { popHeap, pushHeap } from '../../runtime/collections/heap.ts';
import type { Seat } from './places.ts';

/** A task that waits for its turn. */
export interface QueuedTask<Task> {
  readonly task: Task;
  /** Counts up with every submission. */
  readonly arrival: number;
  next: QueuedTask<Task> | undefined;
  /** Set while tasks are being picked out for dropping. */
  toDrop: boolean;
}

/** One key’s waiting tasks, and the seat of the started one. A linked list, so that taking the first moves nothing. */
export interface KeyQueue<Task> extends Seat {
  readonly key: string | symbol;
  head: QueuedTask<Task> | undefined;
  tail: QueuedTask<Task> | undefined;
}

export interface ReadyQueues<Item> {
  /** The item must not be here already. @param arrival of its task that is ready. */
  add(item: Item, arrival: number, partition: number | undefined): void;
  /** Takes out the item whose task arrived first, of all partitions that may take a place. */
  take(canAcquire: (partition: number | undefined) => boolean): Item | undefined;
  /** How many items of this partition are here. */
  count(partition: number | undefined): number;
  isEmpty(): boolean;
  clear(): void;
}

interface Entry<Item> {
  readonly arrival: number;
  readonly item: Item;
}

/** A partition’s ready items; the partition is asked while it has any. */
interface PartitionQueue<Item> extends Linked<PartitionQueue<Item>> {
  readonly partition: number | undefined;
  readonly heap: Entry<Item>[];
}

export function createReadyQueues<Item>(): ReadyQueues<Item> {
  /** Of every partition that ever had an item: there are few. */
  const known = new Map<number | undefined, PartitionQueue<Item>>();
  /** Of those that have one now. */
  const asked = createLinkedList<PartitionQueue<Item>>();

  function queueOf(partition: number | undefined): PartitionQueue<Item> {
    const found = known.get(partition);
    if (found !== undefined) return found;
    const fresh: PartitionQueue<Item> = { partition, heap: [], previous: undefined, next: undefined };
    known.set(partition, fresh);
    return fresh;
  }

  return {
    add(item, arrival, partition) {
      const queue = queueOf(partition);
      if (queue.heap.length === 0) asked.append(queue);
      pushHeap(queue.heap, { arrival, item }, arrivedBefore);
    },
    take(canAcquire) {
      let oldest: PartitionQueue<Item> | undefined;
      let arrival = Infinity;
      for (let queue = asked.first(); queue !== undefined; queue = queue.next) {
        const head = queue.heap[0];
        if (head === undefined || head.arrival >= arrival || !canAcquire(queue.partition)) continue;
        oldest = queue;
        ({ arrival } = head);
      }
      if (oldest === undefined) return undefined;
      const first = popHeap(oldest.heap, arrivedBefore);
      if (oldest.heap.length === 0) asked.remove(oldest);
      return first?.item;
    },
    count: (partition) => known.get(partition)?.heap.length ?? 0,
    isEmpty: () => asked.first() === undefined,
    clear() {
      for (const queue of known.values()) {
        if (queue.heap.length > 0) asked.remove(queue);
        queue.heap.length = 0;
      }
    },
  };
}

function arrivedBefore(a: { readonly arrival: number }, b: { readonly arrival: number }): boolean {
  return a.arrival < b.arrival;
}
