/** An example tried with a ruleset: what came of it, and where that is not what is expected. */
import { formatDuration, parseDuration } from '../../rules/document/duration.ts';
import type { Ruleset } from '../../pipeline/ports.ts';
import { decide, type Decision } from '../decide.ts';
import type { Example } from './read-examples.ts';
import type { Expectation } from './schema.ts';

export interface Tried {
  readonly example: Example;
  readonly decision: Decision;
  /** None: the example holds. */
  readonly differences: readonly Difference[];
}

/** Undefined and null: there is none. */
type Value = string | number | null | undefined;

export interface Difference {
  readonly field: keyof Expectation;
  readonly expected: Value;
  readonly actual: Value;
}

/** Of a score: what a distance of a µm comes to, and some. */
const NEAR = 1e-6;

export async function runExample(example: Example, rules: Ruleset): Promise<Tried> {
  const decision = await decide({ ...example.given, rules });
  return { example, decision, differences: compare(example, decision) };
}

function compare({ expected, given }: Example, decision: Decision): readonly Difference[] {
  const actual = seenIn(decision, given.nowMs);
  const fields = Object.keys(expected) as (keyof Expectation)[];
  return fields.flatMap((field) =>
    agree(field, expected[field], actual[field])
      ? []
      : [{ field, expected: expected[field], actual: actual[field] }],
  );
}

/** What an expectation may ask for. */
function seenIn({ outcome, push, ranking }: Decision, nowMs: number): Record<keyof Expectation, Value> {
  const isQueued = outcome.kind === 'queued';
  const winner = ranking?.candidates.find(({ coupon }) => isQueued && coupon.couponId === outcome.couponId);
  return {
    outcome: outcome.kind,
    reason: isQueued ? undefined : outcome.reason,
    rule: outcome.kind === 'filtered' ? outcome.rule : undefined,
    coupon: outcome.couponId,
    score: winner === undefined ? undefined : Number(winner.score.toFixed(6)),
    title: push?.title,
    body: push?.body,
    deepLink: push?.deepLink,
    expiresAfter: push === undefined ? undefined : formatDuration(push.expiresAtMs - nowMs),
  };
}

function agree(field: keyof Expectation, expected: Value, actual: Value): boolean {
  if (typeof expected === 'number' && typeof actual === 'number') return Math.abs(expected - actual) <= NEAR;
  if (field === 'expiresAfter' && typeof expected === 'string' && typeof actual === 'string') {
    return parseDuration(expected) === parseDuration(actual);
  }
  return (expected ?? undefined) === (actual ?? undefined);
}
