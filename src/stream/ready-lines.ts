/**
 * The keys that could start a task now. Each sharer (partition) has its own, the one whose head arrived first in
 * front: a binary heap. Keys come in nearly in order (new ones always last), where adding costs O(1); taking costs
 * O(log keys). Sharers take turns.
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

/** A sharer's ready lines; it takes turns while it has any. */
interface Turn<Task> extends Linked<Turn<Task>> {
  readonly sharer: Sharer;
  readonly heap: Entry<Task>[];
}

export function createReadyLines<Task extends { readonly sharer?: Sharer }>(): ReadyLines<Task> {
  /** Of every sharer that ever had a line: there are few. */
  const turns = new Map<Sharer, Turn<Task>>();
  /** Of those that have one now; whose turn it is comes first. */
  const inTurn = createLinkedList<Turn<Task>>();

  function turnOf(sharer: Sharer): Turn<Task> {
    const known = turns.get(sharer);
    if (known !== undefined) return known;
    const turn: Turn<Task> = { sharer, heap: [], previous: undefined, next: undefined };
    turns.set(sharer, turn);
    return turn;
  }

  return {
    add(line) {
      if (line.head === undefined) return;
      const turn = turnOf(line.head.task.sharer);
      if (turn.heap.length === 0) inTurn.append(turn);
      pushHeap(turn.heap, { arrival: line.head.arrival, line }, arrivedBefore);
    },
    take(mayTake) {
      for (let turn = inTurn.first(); turn !== undefined; turn = turn.next) {
        if (!mayTake(turn.sharer)) continue;
        const first = popHeap(turn.heap, arrivedBefore);
        inTurn.remove(turn);
        if (turn.heap.length > 0) inTurn.append(turn);
        return first?.line;
      }
      return undefined;
    },
    count: (sharer) => turns.get(sharer)?.heap.length ?? 0,
    clear() {
      for (const turn of turns.values()) {
        if (turn.heap.length > 0) inTurn.remove(turn);
        turn.heap.length = 0;
      }
    },
  };
}

function arrivedBefore(a: { readonly arrival: number }, b: { readonly arrival: number }): boolean {
  return a.arrival < b.arrival;
}
