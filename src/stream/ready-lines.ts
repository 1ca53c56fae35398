/**
 * The keys that could start a task now. Each sharer (partition) has its own, the one whose head arrived first in
 * front: a binary heap. Keys come in nearly in order (new ones always last), where adding costs O(1); taking costs
 * O(sharers + log keys).
 */
import type { Sharer } from '../domain/fair-shares.ts';
import { createLinkedList, type Linked } from '../domain/linked-list.ts';
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
  /** Takes out the line whose head arrived first, of all sharers that may take one. */
  take(mayTake: (sharer: Sharer) => boolean): Line<Task> | undefined;
  /** How many lines of this sharer are here. */
  count(sharer: Sharer): number;
  clear(): void;
}

interface Entry<Task> {
  readonly arrival: number;
  readonly line: Line<Task>;
}

/** A sharer's ready lines; it is among those that are asked while it has any. */
interface Shared<Task> extends Linked<Shared<Task>> {
  readonly sharer: Sharer;
  readonly heap: Entry<Task>[];
}

export function createReadyLines<Task extends { readonly sharer?: Sharer }>(): ReadyLines<Task> {
  /** Of every sharer that ever had a line: there are few. */
  const known = new Map<Sharer, Shared<Task>>();
  /** Of those that have one now. */
  const asked = createLinkedList<Shared<Task>>();

  function linesOf(sharer: Sharer): Shared<Task> {
    const found = known.get(sharer);
    if (found !== undefined) return found;
    const fresh: Shared<Task> = { sharer, heap: [], previous: undefined, next: undefined };
    known.set(sharer, fresh);
    return fresh;
  }

  return {
    add(line) {
      if (line.head === undefined) return;
      const lines = linesOf(line.head.task.sharer);
      if (lines.heap.length === 0) asked.append(lines);
      pushHeap(lines.heap, { arrival: line.head.arrival, line }, arrivedBefore);
    },
    take(mayTake) {
      let oldest: Shared<Task> | undefined;
      let arrival = Infinity;
      for (let lines = asked.first(); lines !== undefined; lines = lines.next) {
        const head = lines.heap[0];
        if (head === undefined || head.arrival >= arrival || !mayTake(lines.sharer)) continue;
        oldest = lines;
        ({ arrival } = head);
      }
      if (oldest === undefined) return undefined;
      const first = popHeap(oldest.heap, arrivedBefore);
      if (oldest.heap.length === 0) asked.remove(oldest);
      return first?.line;
    },
    count: (sharer) => known.get(sharer)?.heap.length ?? 0,
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
