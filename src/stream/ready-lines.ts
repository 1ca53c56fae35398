/**
 * The keys that could start a task now. Each sharer (partition) has its own, the one whose head arrived first in
 * front: a binary heap. Keys come in nearly in order (new ones always last), where adding costs O(1); taking costs
 * O(log keys). Sharers take turns.
 */
import type { Sharer } from '../domain/fair-shares.ts';
import { popHeap, pushHeap } from './heap.ts';

/** A task that waits for its turn. */
export interface Waiting<Task> {
  readonly task: Task;
  /** Counts up with every submission. */
  readonly arrival: number;
  next: Waiting<Task> | undefined;
  /** Scratch mark while some are being picked out. */
  doomed: boolean;
}

/** One key's waiting tasks, a linked list so that taking the first never moves the rest. */
export interface Line<Task> {
  readonly key: string | symbol;
  head: Waiting<Task> | undefined;
  tail: Waiting<Task> | undefined;
  /** True while a task of this key runs. */
  busy: boolean;
  /** Of the task that runs, or ran last: a key's tasks may belong to several. */
  sharer: Sharer;
  /** The same task's: the beat at which it was started. */
  startedAt: number;
}

export interface ReadyLines<Task> {
  /** The line must have a head, not be busy and not be here already. */
  add(line: Line<Task>): void;
  /** Takes out the line whose head arrived first, of the next sharer who may take one. */
  take(mayTake: (sharer: Sharer) => boolean): Line<Task> | undefined;
  /** How many lines of this sharer are here. */
  count(sharer: Sharer): number;
  clear(): void;
}

interface Entry<Task> {
  readonly arrival: number;
  readonly line: Line<Task>;
}

export function createReadyLines<Task extends { readonly sharer?: Sharer }>(): ReadyLines<Task> {
  /** No heap is empty; whose turn it is comes first. */
  const heaps = new Map<Sharer, Entry<Task>[]>();

  return {
    add(line) {
      if (line.head === undefined) return;
      const { sharer } = line.head.task;
      const entry: Entry<Task> = { arrival: line.head.arrival, line };
      const heap = heaps.get(sharer);
      if (heap === undefined) heaps.set(sharer, [entry]);
      else pushHeap(heap, entry, arrivedBefore);
    },
    take(mayTake) {
      for (const [sharer, heap] of heaps) {
        if (!mayTake(sharer)) continue;
        const first = popHeap(heap, arrivedBefore);
        // Alone, its place is as good as any.
        if (heap.length === 0) heaps.delete(sharer);
        else if (heaps.size > 1) {
          heaps.delete(sharer);
          heaps.set(sharer, heap);
        }
        return first?.line;
      }
      return undefined;
    },
    count: (sharer) => heaps.get(sharer)?.length ?? 0,
    clear() {
      heaps.clear();
    },
  };
}

function arrivedBefore(a: { readonly arrival: number }, b: { readonly arrival: number }): boolean {
  return a.arrival < b.arrival;
}
