/**
 * "An offset is committed only when every event at or below it has its outcome, and never backwards": judged by the
 * broker's own record of every commit and by the times at which outcomes and dead letters came into their topics,
 * both by the broker's clock.
 */
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import { isPipelineRecord } from './accounting.ts';
import type { FoundLetter, ProducedEvent, Violation } from './evidence.ts';
import { groupBy, placeOf, showIdentity } from './evidence.ts';

/** A commit as the broker wrote it down. */
export interface Commit {
  readonly partition: number;
  /** The first offset that is not committed. */
  readonly offset: bigint;
  /** Epoch ms by the broker's clock. */
  readonly writtenAt: number;
}

export interface CommitEvidence {
  readonly produced: readonly ProducedEvent[];
  readonly outcomes: readonly (OutcomeRecord & { readonly writtenAt: number })[];
  readonly letters: readonly FoundLetter[];
  /** Each partition's in the order in which they were written. */
  readonly commits: readonly Commit[];
}

/** When each event was decided: its first outcome; of a dead letter, once that is written, too. */
const decisionTimes = ({ outcomes, letters }: CommitEvidence): ReadonlyMap<string, number> => {
  const letterAt = new Map<string, number>();
  for (const letter of letters) {
    const place = placeOf(letter);
    const { writtenAt = 0 } = letter;
    letterAt.set(place, Math.min(letterAt.get(place) ?? Infinity, writtenAt));
  }
  const decidedAt = new Map<string, number>();
  for (const record of outcomes) {
    if (!isPipelineRecord(record)) continue;
    const place = placeOf(record.source);
    const letter = record.outcome === 'dead_lettered' ? (letterAt.get(place) ?? Infinity) : 0;
    const at = Math.max(record.writtenAt, letter);
    decidedAt.set(place, Math.min(decidedAt.get(place) ?? Infinity, at));
  }
  return decidedAt;
};

/** Commits past an event that had no outcome yet. One violation a commit, naming the first such event. */
export const findEarlyCommits = (evidence: CommitEvidence): readonly Violation[] => {
  const decidedAt = decisionTimes(evidence);
  const violations: Violation[] = [];
  const byPartition = groupBy(evidence.commits, ({ partition }) => String(partition));
  for (const [partition, commits] of byPartition) {
    const events = evidence.produced
      .filter((event) => String(event.partition) === partition)
      .map((event) => ({
        event,
        offset: BigInt(event.offset),
        at: decidedAt.get(placeOf(event)) ?? Infinity,
      }))
      .sort((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0));
    let next = 0;
    let latest: (typeof events)[number] | undefined;
    for (const commit of [...commits].sort((a, b) => (a.offset < b.offset ? -1 : 1))) {
      for (
        let found = events[next];
        found !== undefined && found.offset < commit.offset;
        found = events[next]
      ) {
        if (latest === undefined || found.at > latest.at) latest = found;
        next += 1;
      }
      if (latest === undefined || latest.at <= commit.writtenAt) continue;
      const { event, at } = latest;
      const when = at === Infinity ? 'never' : `${String(at - commit.writtenAt)} ms later`;
      violations.push({
        message: `${String(commit.offset)} of partition ${partition} was committed, but ${showIdentity(event.userId, event.eventId)} at ${placeOf(event)} was decided ${when}`,
      });
    }
  }
  return violations;
};

/** Commits below one that was made before. */
export const findBackwardCommits = (commits: readonly Commit[]): readonly Violation[] => {
  const highest = new Map<number, bigint>();
  const violations: Violation[] = [];
  for (const { partition, offset } of commits) {
    const before = highest.get(partition) ?? -1n;
    if (offset < before)
      violations.push({
        message: `partition ${String(partition)}: ${String(offset)} was committed after ${String(before)}`,
      });
    else highest.set(partition, offset);
  }
  return violations;
};
