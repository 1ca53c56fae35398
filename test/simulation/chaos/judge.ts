/**
 * The verdict: every promise that can be judged from outside, also those that only faults put to the test. What the
 * service says of itself is no evidence here.
 */
import { checkDrained, checkExits } from '../demo/checks.ts';
import { SESSION_TIMEOUT_MS } from '../demo/names.ts';
import { check, checkPromises, type Evidence, type PromiseCheck } from '../verify/check-promises.ts';
import {
  findBackwardCommits,
  findEarlyCommits,
  type Commit,
  type CommitEvidence,
} from '../verify/commits.ts';
import type { AllowedShift } from '../verify/pushes.ts';
import {
  judgeEventRecovery,
  judgePushRecovery,
  type Death,
  type Recovery,
  type Span,
} from '../verify/recovery.ts';
import type { Conducted, DoneFault } from './conduct.ts';
import { claimsOf } from './fault-kinds.ts';

export interface ChaosEvidence extends Omit<Evidence, 'outcomes' | 'idempotentPushApi'> {
  readonly outcomes: CommitEvidence['outcomes'];
  readonly commits: readonly Commit[];
  readonly conducted: Conducted;
  readonly exits: readonly { readonly pod: string; readonly exit: string }[];
  readonly drained: boolean;
  /** How long nothing moved before the drain was given up. */
  readonly waitedMs: number;
}

/** The push queue's own defaults, as test/README.md states them: a dead worker's lock, and the pause between looks. */
const PUSH_LOCK_MS = 30_000;
const PUSH_STALLED_INTERVAL_MS = 15_000;
const SPARE_MS = 10_000;
/** Two readings of one machine's clock, and a request's way to the partner. */
const CLOSE_MS = 100;
/** What the contract allows to an attempt between its permission and its bytes. */
const FROZEN_SHIFT_MS = 2000;
/** After a fault is over: the group forms again, connections and breakers come back. */
const AFTERMATH_MS = 15_000;
/** Pushes that could not be sent are tried again after pauses of up to 30 s. */
const PUSH_AFTERMATH_MS = 35_000;

const spanOf = (done: DoneFault, aftermathMs: number): Span => ({
  from: done.startedAt,
  to: Math.max(done.backAt ?? Infinity, done.startedAt + done.fault.lastsMs) + aftermathMs,
});

/** Whether pushes may have been put off by it. */
const putsOffPushes = ({ fault }: DoneFault): boolean =>
  [...claimsOf(fault), fault.kind].some((word) => /push|auth|token/.test(word));

/** A watched death began when all was well again, so only what puts pushes off reaches into it. */
const eventAftermath = (death: DoneFault): number => (death.fault.watched === true ? 0 : AFTERMATH_MS);
const pushAftermath = (death: DoneFault, other: DoneFault): number =>
  death.fault.watched === true && !putsOffPushes(other) ? 0 : PUSH_AFTERMATH_MS;

const listDeaths = (
  faults: readonly DoneFault[],
  aftermathMs: (death: DoneFault, other: DoneFault) => number,
): readonly Death[] =>
  faults
    .filter(({ fault }) => fault.kind === 'pod-kill')
    .map((death) => ({
      pod: death.on ?? '?',
      at: death.startedAt,
      partitions: death.partitions,
      disturbed: faults
        .filter((other) => other !== death)
        .map((other) => spanOf(other, aftermathMs(death, other))),
    }));

/** Only what was frozen near one of the two sends may have shifted it. */
const shiftOf = (faults: readonly DoneFault[]): AllowedShift => {
  const freezes = faults
    .filter(({ fault }) => fault.kind === 'pod-freeze' || fault.kind === 'pod-long-freeze')
    .map((done) => spanOf(done, FROZEN_SHIFT_MS));
  return (first, last) =>
    freezes.some(({ from, to }) => [first, last].some(({ at }) => at >= from - FROZEN_SHIFT_MS && at <= to))
      ? FROZEN_SHIFT_MS
      : CLOSE_MS;
};

const checkRecovery = (
  what: string,
  limitMs: number,
  { judged, slowestMs, violations }: Recovery,
): PromiseCheck =>
  check(
    `${what} within ${limitMs / 1000} s (${judged} judged, slowest ${(slowestMs / 1000).toFixed(1)} s)`,
    violations,
  );

/** Judges a run that has ended and was read back. */
export const judge = (evidence: ChaosEvidence): readonly PromiseCheck[] => {
  const { produced, outcomes, ledger, conducted, commits } = evidence;
  const { faults, surprises } = conducted;
  const limits = {
    eventsMs: SESSION_TIMEOUT_MS + SPARE_MS,
    pushesMs: PUSH_LOCK_MS + PUSH_STALLED_INTERVAL_MS + SPARE_MS,
  };
  const recovery = { produced, outcomes, pushes: ledger.pushes, limits };
  const restarts = faults.flatMap(({ fault, on = '?', exit = '?' }) =>
    fault.kind === 'pod-restart' ? [{ pod: on, exit }] : [],
  );
  return [
    ...checkPromises({ ...evidence, idempotentPushApi: false, allowedShift: shiftOf(faults) }),
    check(
      `no commit went past an event without an outcome (${commits.length} commits)`,
      findEarlyCommits(evidence),
    ),
    check('no commit went backwards', findBackwardCommits(commits)),
    checkRecovery(
      'after a pod’s death its partitions’ events flowed again',
      limits.eventsMs,
      judgeEventRecovery({ ...recovery, deaths: listDeaths(faults, eventAftermath) }),
    ),
    checkRecovery(
      'after a pod’s death every waiting push had its end',
      limits.pushesMs,
      judgePushRecovery({ ...recovery, deaths: listDeaths(faults, pushAftermath) }),
    ),
    check(
      'no pod ended by itself, and each came back',
      surprises.map((message) => ({ message })),
    ),
    checkExits([...restarts, ...evidence.exits]),
    checkDrained(evidence.drained, evidence.waitedMs),
  ];
};
