/**
 * How many events of a partition were read and are not committed: what a death would redo. An offset stands for one
 * event, as nearly all records have one; this counts what differs from that.
 */
import { createLinkedList, type Linked } from '../../runtime/collections/linked-list.ts';

export interface UncommittedSpan {
  /** One more event of a record that was read, beyond its first. */
  addFurther(offset: number): void;
  /** Offsets from the position to before `next` are passed over: they hold no event of ours. */
  passOver(position: number, next: number): void;
  /** @param committed where a successor would begin; never falls. @param position the next offset to be read. */
  events(committed: number, position: number): number;
}

interface Entry extends Linked<Entry> {
  readonly offset: number;
  /** Events beyond the one that the offset stands for; negative where the offset stands for none. */
  events: number;
}

/**
 * Calls must come in ascending order of offsets. O(1) a call on average. Memory grows with what is counted beyond the
 * commit.
 */
export function createUncommittedSpan(): UncommittedSpan {
  const entries = createLinkedList<Entry>();
  let newest: Entry | undefined;
  let total = 0;

  function add(offset: number, events: number): void {
    total += events;
    if (newest?.offset === offset) {
      newest.events += events;
      return;
    }
    newest = { offset, events, previous: undefined, next: undefined };
    entries.append(newest);
  }

  function remove(entry: Entry): void {
    total -= entry.events;
    entries.remove(entry);
    if (entry === newest) newest = undefined;
  }

  return {
    addFurther(offset) {
      add(offset, 1);
    },
    passOver(position, next) {
      if (next > position) add(next - 1, position - next);
    },
    events(committed, position) {
      let entry = entries.first();
      while (entry !== undefined && entry.offset < committed) {
        remove(entry);
        entry = entries.first();
      }
      return position - committed + total;
    },
  };
}
