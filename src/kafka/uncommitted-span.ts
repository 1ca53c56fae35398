/**
 * How many events of a partition were read and may not be committed yet: what a death would redo. Offsets stand for
 * an event each, as nearly all records have one; what differs from that is counted here.
 */
export interface UncommittedSpan {
  /** One more event of a record that was read, beyond its first. */
  addFurther(offset: number): void;
  /** Offsets from the position to before `next` are passed over: they hold no event of ours. */
  passOver(position: number, next: number): void;
  /** @param committed what a successor would begin with; never falls. @param position the next offset to be read. */
  events(committed: number, position: number): number;
}

/** Passed entries in front are cut off once there are so many, and as many left. */
const CUT_AT = 64;

/** Calls come in ascending order of offsets. O(1) a call, on average; memory goes with what is counted beyond the commit. */
export function createUncommittedSpan(): UncommittedSpan {
  let entries: { readonly offset: number; events: number }[] = [];
  let first = 0;
  let total = 0;

  function add(offset: number, events: number): void {
    const last = entries.at(-1);
    if (last?.offset === offset && first < entries.length) last.events += events;
    else entries.push({ offset, events });
    total += events;
  }

  return {
    addFurther(offset) {
      add(offset, 1);
    },
    passOver(position, next) {
      if (next > position) add(next - 1, position - next);
    },
    events(committed, position) {
      for (
        let entry = entries[first];
        entry !== undefined && entry.offset < committed;
        entry = entries[first]
      ) {
        total -= entry.events;
        first += 1;
      }
      if (first >= CUT_AT && first * 2 >= entries.length) {
        entries = entries.slice(first);
        first = 0;
      }
      return position - committed + total;
    },
  };
}
