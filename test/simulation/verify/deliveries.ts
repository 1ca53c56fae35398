/**
 * Each queued push ends in exactly one delivery outcome, and that outcome agrees with what the push API saw: `sent`
 * was answered well, an outcome that gave the claim back was surely not sent, and nothing was pushed that no event
 * was queued for.
 */
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import type { PushEntry } from '../partners/ledger.ts';
import { isPipelineRecord } from './accounting.ts';
import { groupBy, identityOf, showIdentity, type Violation } from './evidence.ts';

const RELEASED: ReadonlySet<string> = new Set(['rejected', 'expired', 'withdrawn']);

const keyOf = ({ userId, eventId }: { userId?: string; eventId?: string }): string | undefined =>
  userId === undefined || eventId === undefined ? undefined : identityOf(userId, eventId);

/** Pushes without an end, with two different ones, or with one that the ledger contradicts. */
export const findDeliveryFaults = (
  records: readonly OutcomeRecord[],
  entries: readonly PushEntry[],
): readonly Violation[] => {
  const queued = groupBy(
    records.filter(({ outcome }) => outcome === 'queued'),
    keyOf,
  );
  const delivered = groupBy(
    records.filter((record) => !isPipelineRecord(record)),
    keyOf,
  );
  const decided = groupBy(records.filter(isPipelineRecord), keyOf);
  const ledger = groupBy(entries, keyOf);
  const violations: Violation[] = [];
  for (const [key, [first]] of queued) {
    const name = showIdentity(first?.userId, first?.eventId);
    const outcomes = [...new Set((delivered.get(key) ?? []).map(({ outcome }) => outcome))];
    const requests = ledger.get(key) ?? [];
    const [outcome] = outcomes;
    if (outcome === undefined) violations.push({ message: `${name} was queued and has no delivery outcome` });
    else if (outcomes.length > 1)
      violations.push({
        message: `${name} has ${outcomes.length} delivery outcomes: ${outcomes.join(', ')}`,
      });
    else if (outcome === 'sent' && !requests.some(({ verdict }) => verdict === 'sent'))
      violations.push({ message: `${name} is recorded as sent, but the push API never said so` });
    else if (RELEASED.has(outcome) && requests.some(({ verdict }) => verdict !== 'not_sent'))
      violations.push({ message: `${name} is recorded as ${outcome}, but may have been sent` });
  }
  for (const [key, [first]] of ledger) {
    if (!queued.has(key))
      violations.push({
        message: `${showIdentity(first?.userId, first?.eventId)} was pushed but never queued: ${showDecisions(decided.get(key))}`,
      });
  }
  return violations;
};

/** What was said of the event instead, and by whom. */
function showDecisions(records: readonly OutcomeRecord[] = []): string {
  const said = records.map(
    ({ outcome, reason, rule, pod, at }) =>
      `${[outcome, reason, rule].filter(Boolean).join('/')} by ${pod} at ${at}`,
  );
  return said.join(', ') || 'no outcome';
}
