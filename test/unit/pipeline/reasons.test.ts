/** Every reason of the closed list can be produced, in the contract's order, and none by anything else. */
import { describe, expect, it } from 'vitest';
import {
  DEAD_LETTER_REASONS,
  FILTER_REASONS,
  type DeadLetterReason,
  type FilterReason,
} from '../../../src/domain/outcome.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { bench, coupon, NOW, piece, rawEvent, ruleset, type Bench } from '../../support/pipeline-fakes.ts';

const ORDER = namesOf(FILTER_REASONS);

/** Breaks one thing, so that exactly this filter speaks. Later entries are broken too where they can be. */
const FILTERS: Record<FilterReason, (b: Bench, raw: Record<string, unknown>) => void> = {
  disabled: (b) => (b.rules = { ...b.rules, enabled: false }),
  no_consent: (_b, raw) => (raw['pushConsent'] = false),
  stale: (_b, raw) => (raw['occurredAt'] = new Date(NOW - 900_001).toISOString()),
  trigger: (b) => (b.rules = { ...b.rules, triggers: ['dwell'] }),
  inaccurate: (b, raw) => {
    b.rules = { ...b.rules, maxAccuracyMeters: 50 };
    raw['accuracyMeters'] = 51;
  },
  not_in_rollout: (b) => (b.rules = { ...b.rules, inRollout: () => false }),
  quiet_hours: (b) => (b.rules = { ...b.rules, quietHours: () => ({ quiet: true, nextStartMs: undefined }) }),
  cooldown: (b) => (b.script.recall = [{ kind: 'new', fullCap: 0 }]),
  no_coupons: (b) => (b.script.coupons = [{ kind: 'coupons', coupons: [] }]),
  rules_excluded: (b) =>
    (b.rules = {
      ...b.rules,
      rank: () => ({ candidates: [], exclusions: [{ couponId: 'c-1', rule: 'no-alcohol' }] }),
    }),
};

/** What each of them says has decided. */
const DECIDED_BY: Record<FilterReason, string> = {
  disabled: 'enabled',
  no_consent: 'pushConsent',
  stale: 'MAX_EVENT_AGE_MS',
  trigger: 'event.triggers',
  inaccurate: 'event.maxAccuracyMeters',
  not_in_rollout: 'rollout',
  quiet_hours: 'quietHours',
  cooldown: 'caps[0]',
  no_coupons: 'couponApi.empty',
  rules_excluded: 'no-alcohol',
};
const CURRENT = { rulesVersion: 'r1', rulesHash: '0123456789ab' };

async function run(b: Bench, raw: unknown): Promise<void> {
  await createEventHandler(b.ports)(piece(raw)).run(b.ownership);
}

describe('filters', () => {
  it.each(ORDER)('%s', async (reason) => {
    const b = bench();
    const raw = rawEvent();
    FILTERS[reason](b, raw);
    await run(b, raw);
    const rule = DECIDED_BY[reason];
    expect(b.ended).toMatchObject([{ kind: 'filtered', reason, rule, ...CURRENT }]);
    const about = { eventId: 'e-1', userId: 'u-1', ...CURRENT };
    expect(b.outcomes).toMatchObject([{ outcome: 'filtered', reason, rule, ...about }]);
    expect(b.letters).toEqual([]);
    expect(b.log).not.toContain('enqueue');
  });

  it.each(ORDER.map((reason, index) => [reason, ORDER.slice(index + 1)] as const))(
    '%s is asked before %s',
    async (reason, later) => {
      const b = bench();
      const raw = rawEvent();
      for (const other of [...later].reverse()) FILTERS[other](b, raw);
      FILTERS[reason](b, raw);
      await run(b, raw);
      expect(b.ended).toMatchObject([{ kind: 'filtered', reason }]);
    },
  );

  it.each(ORDER.filter((reason) => reason !== 'rules_excluded'))(
    'the sentence on %s names the setting that decides',
    (reason) => {
      expect(FILTER_REASONS[reason]).toContain(DECIDED_BY[reason]);
    },
  );

  it('cooldown from the claim, which decides where the peek did not see it', async () => {
    const b = bench();
    b.script.claim = [{ kind: 'no_room', cap: 2 }];
    await run(b, rawEvent());
    expect(b.ended).toMatchObject([{ kind: 'filtered', reason: 'cooldown', rule: 'caps[2]' }]);
  });

  it.each([
    ['coupon.validUntil', NOW + 10, NOW + 20],
    ['quietHours', NOW + 20, NOW + 10],
    ['quietHours', undefined, NOW + 10],
    ['coupon.validUntil', NOW + 10, undefined],
  ])(
    'a push whose time is over at the claim is stale, by %s, and no cooldown',
    async (rule, validUntilMs, quietFromMs) => {
      const b = bench();
      b.rules = ruleset({ quietHours: () => ({ quiet: false, nextStartMs: quietFromMs }) });
      const ending = { ...coupon, ...(validUntilMs !== undefined && { validUntilMs }) };
      b.script.coupons = [{ kind: 'coupons', coupons: [ending] }];
      b.script.claim = [{ kind: 'too_late' }];
      await run(b, rawEvent());
      expect(b.ended).toMatchObject([{ kind: 'filtered', reason: 'stale', rule }]);
    },
  );

  it('coupons that all broke the schema are told apart from none', async () => {
    const b = bench();
    b.script.coupons = [{ kind: 'coupons', coupons: [], invalid: 3 }];
    await run(b, rawEvent());
    expect(b.ended).toMatchObject([{ reason: 'no_coupons', rule: 'couponApi.invalid' }]);
  });

  it('a queued push carries the hash of the rules that chose it, in its outcome and beside it in the queue', async () => {
    const b = bench();
    await run(b, rawEvent());
    expect(b.outcomes).toMatchObject([{ outcome: 'queued', ...CURRENT }]);
    const envelope = b.claims[0]?.candidates[0]?.envelope;
    expect(envelope).toMatchObject({ rulesHash: CURRENT.rulesHash });
    expect(envelope?.push).not.toHaveProperty('rulesHash');
  });

  it('stale from the coupon API, which was away for too long', async () => {
    const b = bench();
    b.script.coupons = [{ kind: 'stale' }];
    await run(b, rawEvent());
    expect(b.ended).toMatchObject([{ kind: 'filtered', reason: 'stale', rule: 'MAX_EVENT_AGE_MS' }]);
    b.rules = ruleset({ maxEventAgeMs: 5000 });
    await run(b, rawEvent());
    expect(b.ended[1]).toMatchObject({ reason: 'stale', rule: 'event.maxAge' });
  });

  it('rules_excluded names the rule in the audit', async () => {
    const b = bench();
    FILTERS.rules_excluded(b, {});
    await run(b, rawEvent());
    expect(b.outcomes).toMatchObject([{ reason: 'rules_excluded', rule: 'no-alcohol', couponId: 'c-1' }]);
    expect(b.log).toContain('excluded by no-alcohol');
  });

  it('the shorter of MAX_EVENT_AGE_MS and event.maxAge counts', async () => {
    const b = bench();
    b.rules = ruleset({ maxEventAgeMs: 500 });
    await run(b, rawEvent());
    expect(b.ended).toMatchObject([{ kind: 'filtered', reason: 'stale', rule: 'event.maxAge' }]);
  });

  it('quiet hours that begin while the coupon call is retried', async () => {
    const b = bench();
    let quiet = false;
    b.rules = ruleset({ quietHours: () => ({ quiet, nextStartMs: undefined }) });
    b.onCall = (name) => (quiet = name === 'coupons');
    await run(b, rawEvent());
    expect(b.ended).toMatchObject([{ kind: 'filtered', reason: 'quiet_hours' }]);
  });

  it('rules that come into force while the coupon call is waited out are the ones that decide', async () => {
    const b = bench();
    b.onCall = (name) => {
      if (name === 'coupons') b.rules = ruleset({ version: 'r2', enabled: false });
    };
    await run(b, rawEvent());
    expect(b.ended).toMatchObject([{ kind: 'filtered', reason: 'disabled', rulesVersion: 'r2' }]);
  });

  it('the claim ends at the quiet hours that come next after the coupon call, not before it', async () => {
    const b = bench();
    let nextStartMs = 1000;
    b.rules = ruleset({ quietHours: () => ({ quiet: false, nextStartMs }) });
    b.onCall = (name) => {
      if (name === 'coupons') nextStartMs = 2000;
    };
    await run(b, rawEvent());
    expect(b.claims[0]?.candidates[0]?.notAfterMs).toBe(2000);
  });

  it("a merchant's time zone serves where the event has none", async () => {
    const b = bench();
    const zones: (string | undefined)[] = [];
    b.rules = ruleset({
      quietHours: (zone) => {
        zones.push(zone);
        return { quiet: true, nextStartMs: undefined };
      },
    });
    b.merchants.set('m-9', { merchantId: 'm-9', active: true, timeZone: 'Asia/Tokyo' });
    await run(b, rawEvent({ merchantId: 'm-9' }));
    await run(b, rawEvent({ merchantId: 'm-9', timeZone: 'Europe/Paris' }));
    await run(b, rawEvent());
    expect(zones).toEqual(['Asia/Tokyo', 'Europe/Paris', undefined]);
  });
});

describe('dead letters', () => {
  const LETTERS: Record<DeadLetterReason, (b: Bench) => ReturnType<typeof piece>> = {
    malformed: () => piece(null, { content: { kind: 'refused', reason: 'malformed', error: 'not JSON' } }),
    invalid: () => piece(rawEvent({ latitude: 91 })),
    too_large: () =>
      piece(null, { content: { kind: 'refused', reason: 'too_large', error: 'over the limit' } }),
    coupon_api_rejected: (b) => {
      b.script.coupons = [{ kind: 'rejected', error: 'answered 400' }];
      return piece(rawEvent());
    },
    coupon_api_failed: (b) => {
      b.script.coupons = [{ kind: 'failed', error: 'HTTP 503 at the last of 7 tries' }];
      return piece(rawEvent());
    },
    internal_error: (b) => {
      b.script.coupons = [new TypeError('a defect')];
      return piece(rawEvent());
    },
  };

  it.each(namesOf(DEAD_LETTER_REASONS))('%s', async (reason) => {
    const b = bench();
    await createEventHandler(b.ports)(LETTERS[reason](b)).run(b.ownership);
    expect(b.ended).toMatchObject([{ kind: 'dead_lettered', reason }]);
    expect(b.letters).toMatchObject([{ reason }]);
    expect(b.outcomes).toMatchObject([{ outcome: 'dead_lettered', reason }]);
  });

  it('internal_error only after three tries', async () => {
    const b = bench();
    b.script.coupons = [new TypeError('a'), new TypeError('b'), { kind: 'coupons', coupons: [coupon] }];
    await run(b, rawEvent());
    expect(b.ended).toMatchObject([{ kind: 'queued' }]);
    expect(b.log.filter((name) => name === 'coupons')).toHaveLength(3);
  });
});
