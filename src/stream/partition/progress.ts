/**
 * How far numbered members have come that end in any order: a partition’s offsets, a record’s pieces. All members below
 * `until` are decided, except `undecided`; all others are undecided.
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

/** The members from `position` on that an earlier owner left undecided. */
export function undecidedBeyond({ undecided }: Progress, position: number): number[] {
  return [...undecided.keys()].filter((member) => member >= position);
}
