/**
 * How far something numbered has come, when its members end in any order: a partition's offsets, a record's pieces.
 * All below `until` are decided, but for `undecided`; what is said nothing of is undecided.
 */
export interface Progress {
  readonly until: number;
  /** Ascending, each below {@link until}. */
  readonly undecided: Members;
}

/** A set of numbers, or the keys of a map. */
interface Members {
  has(member: number): boolean;
  keys(): Iterable<number>;
}

export const NOTHING_DECIDED: Progress = { until: 0, undecided: new Set<number>() };

export function isDecided({ until, undecided }: Progress, member: number): boolean {
  return member < until && !undecided.has(member);
}

/** What is left undecided by one who came up to (not including) `position`, and by whoever came before, beyond it. */
export function undecidedBeyond({ undecided }: Progress, position: number): number[] {
  return [...undecided.keys()].filter((member) => member >= position);
}
