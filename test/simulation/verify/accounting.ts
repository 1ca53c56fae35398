/**
 * "No event is lost": every event that was produced, counted by its place in the topic, has at least one pipeline
 * outcome under its own name, bad ones and only bad ones as dead letters; one that is filtered says by what; and none has
 * an outcome that was never produced.
 */
import type { Outcome, OutcomeRecord } from '../../../src/domain/outcome.ts';
import type { ProducedEvent, Violation } from './evidence.ts';
import { placeOf, showIdentity } from './evidence.ts';

export type PipelineRecord = OutcomeRecord & { readonly outcome: Outcome['kind'] };

const PIPELINE: ReadonlySet<string> = new Set<Outcome['kind']>(['queued', 'filtered', 'dead_lettered']);

/** Whether this record is an event's own outcome, not its push's. */
export const isPipelineRecord = (record: OutcomeRecord): record is PipelineRecord =>
  PIPELINE.has(record.outcome);

/** A good event's dead letters: whether the coupon API's answers explain them is the letters' check. */
const BY_PARTNER: ReadonlySet<string | undefined> = new Set(['coupon_api_rejected', 'coupon_api_failed']);

const judge = (event: ProducedEvent, record: PipelineRecord): string | undefined => {
  const name = `${showIdentity(event.userId, event.eventId)} at ${placeOf(event)}`;
  if (event.bad !== undefined) {
    return record.outcome === 'dead_lettered' && record.reason === event.bad.reason
      ? undefined
      : `a bad record at ${placeOf(event)} must be dead-lettered as ${event.bad.reason}, ended as ${record.outcome} ${record.reason ?? ''}`;
  }
  if (record.userId !== event.userId || record.eventId !== event.eventId)
    return `${name} is recorded as ${showIdentity(record.userId, record.eventId)}`;
  if (record.outcome === 'filtered' && (record.rule ?? '') === '')
    return `${name} is filtered as ${record.reason ?? 'nothing'} and nothing says by what`;
  return record.outcome === 'dead_lettered' && !BY_PARTNER.has(record.reason)
    ? `${name} is good and was dead-lettered as ${record.reason ?? 'nothing'}`
    : undefined;
};

/** Events without an outcome, with a wrong one, and outcomes without an event. */
export const findUnaccounted = (
  produced: Iterable<ProducedEvent>,
  records: Iterable<PipelineRecord>,
): readonly Violation[] => {
  const byPlace = new Map<string, ProducedEvent>();
  for (const event of produced) byPlace.set(placeOf(event), event);
  const found = new Set<string>();
  const violations: Violation[] = [];
  for (const record of records) {
    const place = placeOf(record.source);
    found.add(place);
    const event = byPlace.get(place);
    const message =
      event === undefined ? `an outcome at ${place}, where nothing was produced` : judge(event, record);
    if (message !== undefined) violations.push({ message });
  }
  for (const [place, event] of byPlace) {
    if (!found.has(place))
      violations.push({ message: `${showIdentity(event.userId, event.eventId)} at ${place} has no outcome` });
  }
  return violations;
};
