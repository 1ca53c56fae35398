/**
 * The keys that could start a task now, the one whose head arrived first in front: a binary heap. Keys come
 * in nearly in order (new ones always last), where adding costs O(1); taking costs O(log keys).
 */

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
  readonly key: string;
  head: Waiting<Task> | undefined;
  tail: Waiting<Task> | undefined;
  /** True while a task of this key runs. */
  busy: boolean;
}

export interface ReadyLines<Task> {
  /** The line must have a head, not be busy and not be here already. */
  add(line: Line<Task>): void;
  /** Takes out the line whose head arrived first. */
  take(): Line<Task> | undefined;
  clear(): void;
}

interface Entry<Task> {
  readonly arrival: number;
  readonly line: Line<Task>;
}

export function createReadyLines<Task>(): ReadyLines<Task> {
  let heap: Entry<Task>[] = [];

  function siftDown(entry: Entry<Task>): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = heap[child];
      if (least === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && right.arrival < least.arrival) {
        least = right;
        child += 1;
      }
      if (least.arrival >= entry.arrival) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = entry;
  }

  return {
    add(line) {
      if (line.head === undefined) return;
      const entry: Entry<Task> = { arrival: line.head.arrival, line };
      let at = heap.length;
      heap.push(entry);
      while (at > 0) {
        const up = (at - 1) >> 1;
        const parent = heap[up];
        if (parent === undefined || parent.arrival <= entry.arrival) break;
        heap[at] = parent;
        at = up;
      }
      heap[at] = entry;
    },
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) siftDown(last);
      return first.line;
    },
    clear() {
      heap = [];
    },
  };
}
