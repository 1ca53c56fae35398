/** Where this pod's clock and Redis's differ, an event is too old or too far ahead only if both say so. */
import { describe, expect, it } from 'vitest';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { bench, NOW, piece, rawEvent } from '../../support/pipeline-fakes.ts';

const HOUR_MS = 3_600_000;
const AGE_MS = 900_000;

/** @param offsetMs when it occurred, from the pod's now. @returns the outcome's kind, or its reason. */
async function decide(offsetMs: number, podAheadMs: number): Promise<string> {
  const b = bench();
  const handleEvent = createEventHandler({ ...b.ports, podAheadMs: () => podAheadMs });
  await handleEvent(piece(rawEvent({ occurredAt: new Date(NOW + offsetMs).toISOString() }))).run(b.ownership);
  const [outcome] = b.ended;
  if (outcome === undefined) throw new Error('no outcome');
  return 'reason' in outcome ? outcome.reason : outcome.kind;
}

describe('too old', () => {
  it.each([
    ['both clocks say so', -AGE_MS - 1, 0, 'stale'],
    ['the pod’s is an hour ahead, and Redis’s says it is fresh', -HOUR_MS, HOUR_MS, 'queued'],
    ['the pod’s is an hour ahead, and Redis’s says it is old, too', -HOUR_MS - AGE_MS - 1, HOUR_MS, 'stale'],
    ['Redis’s is an hour ahead, and the pod’s says it is fresh', -1000, -HOUR_MS, 'queued'],
    ['Redis’s is an hour ahead, and the pod’s says it is old', -AGE_MS - 1, -HOUR_MS, 'stale'],
  ])('%s', async (_name, offsetMs, podAheadMs, outcome) => {
    expect(await decide(offsetMs, podAheadMs)).toBe(outcome);
  });
});

describe('too far ahead', () => {
  it.each([
    ['both clocks say so', 300_001, 0, 'invalid'],
    ['the pod’s is an hour behind, and Redis’s says it is now', HOUR_MS, -HOUR_MS, 'queued'],
    ['the pod’s is an hour behind, and Redis’s says so, too', HOUR_MS + 300_001, -HOUR_MS, 'invalid'],
    ['Redis’s is an hour behind, and the pod’s says it is now', 0, HOUR_MS, 'queued'],
  ])('%s', async (_name, offsetMs, podAheadMs, outcome) => {
    expect(await decide(offsetMs, podAheadMs)).toBe(outcome);
  });
});

it('a clock that is set while the coupon call is waited for makes nothing stale: the call goes on', async () => {
  const b = bench();
  b.script.coupons = [{ kind: 'stale' }, ...b.script.coupons];
  let podAheadMs = 0;
  b.onCall = (name) => {
    if (name === 'coupons') podAheadMs = HOUR_MS;
  };
  await createEventHandler({ ...b.ports, podAheadMs: () => podAheadMs })(piece(rawEvent())).run(b.ownership);
  expect(b.ended).toMatchObject([{ kind: 'queued' }]);
});

it('a record is kept for as long as its event may be accepted again, by Redis’s clock', async () => {
  const b = bench();
  await createEventHandler({ ...b.ports, podAheadMs: () => -HOUR_MS })(piece(rawEvent())).run(b.ownership);
  const occurredAtMs = Date.parse(String(rawEvent()['occurredAt']));
  expect(b.claims[0]?.acceptableUntilMs).toBe(occurredAtMs + AGE_MS + HOUR_MS);
});
