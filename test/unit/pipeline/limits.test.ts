/** Limits hold as they are written: what is exactly at a limit passes, and the smallest step beyond it does not. */
import { describe, expect, it } from 'vitest';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { bench, coupon, NOW, piece, rawEvent, ruleset, type Bench } from '../../support/pipeline-fakes.ts';

async function run(b: Bench, raw: Record<string, unknown>): Promise<unknown> {
  await createEventHandler(b.ports)(piece(rawEvent(raw))).run(b.ownership);
  return b.ended[0];
}
const queued = { kind: 'queued' };
const agedMs = (ms: number) => ({ occurredAt: new Date(NOW - ms).toISOString() });

describe('the age of an event', () => {
  it('may be all that MAX_EVENT_AGE_MS allows', async () => {
    expect(await run(bench(), agedMs(900_000))).toMatchObject(queued);
    expect(await run(bench(), agedMs(900_001))).toMatchObject({ reason: 'stale', rule: 'MAX_EVENT_AGE_MS' });
  });

  it('may be all that event.maxAge allows', async () => {
    const strict = (): Bench => Object.assign(bench(), { rules: ruleset({ maxEventAgeMs: 5000 }) });
    expect(await run(strict(), agedMs(5000))).toMatchObject(queued);
    expect(await run(strict(), agedMs(5001))).toMatchObject({ reason: 'stale', rule: 'event.maxAge' });
  });

  it.each([900_000, 900_001])('is never above the ceiling, and then the ceiling decides: %d', async (ms) => {
    const b = Object.assign(bench(), { rules: ruleset({ maxEventAgeMs: ms }) });
    expect(await run(b, agedMs(900_001))).toMatchObject({ reason: 'stale', rule: 'MAX_EVENT_AGE_MS' });
  });
});

describe('the accuracy of an event', () => {
  const limited = (): Bench => Object.assign(bench(), { rules: ruleset({ maxAccuracyMeters: 50 }) });

  it('may be the limit itself', async () => {
    expect(await run(limited(), { accuracyMeters: 50 })).toMatchObject(queued);
    expect(await run(limited(), { accuracyMeters: 50.1 })).toMatchObject({ reason: 'inaccurate' });
  });

  it('that is not known is no reason to filter', async () => {
    expect(await run(limited(), {})).toMatchObject(queued);
  });

  it('is no matter where the rules set no limit', async () => {
    expect(await run(bench(), { accuracyMeters: 1_000_000 })).toMatchObject(queued);
  });
});

describe('the end of a push that comes too late', () => {
  const late = async (validUntilMs: number | undefined, quietFromMs: number | undefined) => {
    const b = bench();
    b.rules = ruleset({ quietHours: () => ({ quiet: false, nextStartMs: quietFromMs }) });
    b.script.coupons = [
      { kind: 'coupons', coupons: [{ ...coupon, ...(validUntilMs !== undefined && { validUntilMs }) }] },
    ];
    b.script.claim = [{ kind: 'too_late' }];
    return run(b, {});
  };

  it('is put down to the coupon where both end at once', async () => {
    expect(await late(NOW + 10, NOW + 10)).toMatchObject({ reason: 'stale', rule: 'coupon.validUntil' });
  });

  it('is put down to push.ttl where nothing else ends it', async () => {
    expect(await late(undefined, undefined)).toMatchObject({ reason: 'stale', rule: 'push.ttl' });
  });
});

describe('a merchant', () => {
  it('that is in no document has no time zone, and the event goes on', async () => {
    expect(await run(bench(), { merchantId: 'm-unknown' })).toMatchObject(queued);
  });
});
