/**
 * The keys that could start a task now, or the parked tasks that could go on. Each partition has its own, the
 * one whose task arrived first in front: a binary heap. They come in nearly in order (new ones always last), where
 * adding costs O(1); taking costs O(partitions + log keys).
 */
import { createLinkedList, type Linked } from '../../runtime/collections/linked-list.ts';
import { popHeap, pushHeap } from '../../runtime/collections/heap.ts';
import type { Seat } from './places.ts';

/** A task that waits for its turn. */
export interface Waiting<Task> {
  readonly task: Task;
  /** Counts up with every submission. */
  readonly arrival: number;
  next: Waiting<Task> | undefined;
  /** Scratch mark while some are being picked out. */
  doomed: boolean;
}

/** One key's waiting tasks, a linked list so that taking the first moves nothing, and the seat of the one started. */
export interface Line<Task> extends Seat {
  readonly key: string | symbol;
  head: Waiting<Task> | undefined;
  tail: Waiting<Task> | undefined;
}

export interface ReadyLines<Item> {
  /** The item must not be here already. @param arrival of its task that is ready. */
  add(item: Item, arrival: number, partition: number | undefined): void;
  /** Takes out the one whose task arrived first, of all partitions that may take one. */
  take(mayTake: (partition: number | undefined) => boolean): Item | undefined;
  /** How many of this partition are here. */
  count(partition: number | undefined): number;
  isEmpty(): boolean;
  clear(): void;
}

interface Entry<Item> {
  readonly arrival: number;
  readonly item: Item;
}

/** A partition's ready lines; it is among those that are asked while it has any. */
interface Shared<Item> extends Linked<Shared<Item>> {
  readonly partition: number | undefined;
  readonly heap: Entry<Item>[];
}

export function createReadyLines<Item>(): ReadyLines<Item> {
  /** Of every partition that ever had a line: there are few. */
  const known = new Map<number | undefined, Shared<Item>>();
  /** Of those that have one now. */
  const asked = createLinkedList<Shared<Item>>();

  function linesOf(partition: number | undefined): Shared<Item> {
    const found = known.get(partition);
    if (found !== undefined) return found;
    const fresh: Shared<Item> = { partition, heap: [], previous: undefined, next: undefined };
    known.set(partition, fresh);
    return fresh;
  }

  return {
    add(item, arrival, partition) {
      const lines = linesOf(partition);
      if (lines.heap.length === 0) asked.append(lines);
      pushHeap(lines.heap, { arrival, item }, arrivedBefore);
    },
    take(mayTake) {
      let oldest: Shared<Item> | undefined;
      let arrival = Infinity;
      for (let lines = asked.first(); lines !== undefined; lines = lines.next) {
        const head = lines.heap[0];
        if (head === undefined || head.arrival >= arrival || !mayTake(lines.partition)) continue;
        oldest = lines;
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
      for (const lines of known.values()) {
        if (lines.heap.length > 0) asked.remove(lines);
        lines.heap.length = 0;
      }
    },
  };
}

function arrivedBefore(a: { readonly arrival: number }, b: { readonly arrival: number }): boolean {
  return a.arrival < b.arrival;
}
