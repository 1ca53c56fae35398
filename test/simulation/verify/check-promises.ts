/**
 * All promises that can be judged from outside, in one place: the demo prints them, scenarios and benchmarks assert
 * them. Each is a name, whether it holds, and examples of what broke it.
 */
import type { Cap } from '../../../src/domain/cap.ts';
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import type { LedgerPages } from '../partners/ledger.ts';
import { findUnaccounted, isPipelineRecord } from './accounting.ts';
import { findLetterFaults } from './dead-letters.ts';
import { findDeliveryFaults } from './deliveries.ts';
import type { FoundLetter, ProducedEvent, Violation } from './evidence.ts';
import { findOrderFaults } from './order.ts';
import { findOffsetGaps, type PartitionOffset } from './offsets.ts';
import { type AllowedShift, findCapViolations, findDoublePushes } from './pushes.ts';

export interface Evidence {
  readonly produced: readonly ProducedEvent[];
  /** The whole outcome topic. */
  readonly outcomes: readonly OutcomeRecord[];
  /** The whole dead-letter topic. */
  readonly letters: readonly FoundLetter[];
  readonly ledger: LedgerPages;
  readonly committed: readonly PartitionOffset[];
  readonly ends: readonly PartitionOffset[];
  readonly caps: readonly Cap[];
  readonly idempotentPushApi: boolean;
  /** Default: what the contract allows to a frozen pod, always. */
  readonly allowedShift?: AllowedShift | undefined;
}

export interface PromiseCheck {
  readonly name: string;
  readonly holds: boolean;
  readonly violations: readonly Violation[];
}

/** A promise and what broke it. */
export const check = (name: string, violations: readonly Violation[]): PromiseCheck => ({
  name,
  holds: violations.length === 0,
  violations,
});

/** Judges a finished run: everything produced, drained and read back. */
export const checkPromises = (evidence: Evidence): readonly PromiseCheck[] => {
  const { produced, outcomes, letters, ledger } = evidence;
  const breaches = ledger.breaches.map(({ api, problem, count, example }) => ({
    message: `${api} API, ${count}×: ${problem} (${example})`,
  }));
  return [
    check(
      'every event has its outcome, under its own name',
      findUnaccounted(produced, outcomes.filter(isPipelineRecord)),
    ),
    check(
      'each user’s events were worked on in their order',
      findOrderFaults(produced, outcomes.filter(isPipelineRecord), ledger.couponCalls),
    ),
    check('committed offsets stand at the end', findOffsetGaps(evidence.committed, evidence.ends)),
    check(
      'no user got more than a cap allows',
      findCapViolations(ledger.pushes, evidence.caps, evidence.allowedShift),
    ),
    check('no event was pushed twice', findDoublePushes(ledger.pushes, evidence.idempotentPushApi)),
    check(
      'every queued push has one end, and the push API agrees with it',
      findDeliveryFaults(outcomes, ledger.pushes),
    ),
    check(
      'dead letters are the bad events, byte for byte, and nothing else',
      findLetterFaults(produced, letters, ledger.couponCalls),
    ),
    check('every call to a partner kept the contract', breaches),
  ];
};
