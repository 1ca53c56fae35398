/**
 * How many events of a partition were read and may not be committed yet: what a death would redo. Offsets stand for
 * an event each, as nearly all records have one; of those that have more, the rest is counted here.
 */
export interface UncommittedSpan {
  /** One more event of a record that was read, beyond its first. Records come in ascending order. */
  addFurther(offset: number): void;
  /** @param committed what a successor would begin with; never falls. @param position the next offset to be read. */
  events(committed: number, position: number): number;
}

/** Memory goes with the records of several events that are not committed. O(1) a call, on average. */
export function createUncommittedSpan(): UncommittedSpan {
  const records: { readonly offset: number; further: number }[] = [];
  let total = 0;
  return {
    addFurther(offset) {
      const last = records.at(-1);
      if (last?.offset === offset) last.further += 1;
      else records.push({ offset, further: 1 });
      total += 1;
    },
    events(committed, position) {
      for (let first = records[0]; first !== undefined && first.offset < committed; first = records[0]) {
        total -= first.further;
        records.shift();
      }
      return position - committed + total;
    },
  };
}
