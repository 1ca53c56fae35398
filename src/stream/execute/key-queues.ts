/**
 * The line of each key that has work. A key whose work has ended keeps its (empty) line for a while, because a busy
 * key has work again soon, and because deleting from a Map for every event leaves a trail of dead tables that V8
 * keeps alive (`runtime/collections/linked-list.ts`): once there are more empty lines than others, those go together, by copying
 * the others to a new Map.
 */
import type { Line, Waiting } from './ready-queues.ts';

export interface KeyLines<Task> {
  /** The key's line, empty where it has no work. A task must be put into it then. */
  take(key: string | symbol, partition: number | undefined): Line<Task>;
  /** Nothing of this line waits or runs any more. */
  ended(line: Line<Task>): void;
  /** Keys with work. */
  size(): number;
  /** Calls for each line with work. The lines may end meanwhile. */
  forEach(visit: (line: Line<Task>) => void): void;
}

/** Up to so many empty lines are always kept. */
const KEPT = 512;
/** … and so many for each that has work: lets go of them in O(1) a task. */
const KEPT_FOR_ONE = 2;

/** O(1) a call on average, and memory for keys with work, but for a constant factor. */
export function createKeyLines<Task>(): KeyLines<Task> {
  let lines = new Map<string | symbol, Line<Task>>();
  let empty = 0;

  function hasWork({ head, busy }: Line<Task>): boolean {
    return busy || head !== undefined;
  }

  function sweep(): void {
    const kept = new Map<string | symbol, Line<Task>>();
    for (const line of lines.values()) if (hasWork(line)) kept.set(line.key, line);
    lines = kept;
    empty = 0;
  }

  return {
    take(key, partition) {
      const known = lines.get(key);
      if (known === undefined) {
        const fresh: Line<Task> = {
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
        lines.set(key, fresh);
        return fresh;
      }
      if (!hasWork(known)) empty -= 1;
      return known;
    },
    ended() {
      empty += 1;
      if (empty > KEPT && empty > KEPT_FOR_ONE * (lines.size - empty)) sweep();
    },
    size: () => lines.size - empty,
    forEach(visit) {
      for (const line of [...lines.values()]) if (hasWork(line)) visit(line);
    },
  };
}

/** Takes out of the line what is doomed; the rest keeps its order. */
export function keepUndoomed<Task>(line: Line<Task>): void {
  let head: Waiting<Task> | undefined;
  let tail: Waiting<Task> | undefined;
  for (let node = line.head; node !== undefined; node = node.next) {
    if (node.doomed) continue;
    if (tail === undefined) head = node;
    else tail.next = node;
    tail = node;
  }
  if (tail !== undefined) tail.next = undefined;
  line.head = head;
  line.tail = tail;
}
