/** What is recorded of an event: for every outcome what its run saw, at every way that it can end. */
import { describe, expect, it } from 'vitest';
import type { DecisionRecord } from '../../../src/domain/decision.ts';
import {
  DEAD_LETTER_REASONS,
  FILTER_REASONS,
  type DeadLetterReason,
  type FilterReason,
} from '../../../src/domain/outcome.ts';
import type { ClaimAnswer } from '../../../src/pipeline/ports.ts';
import { readDecision } from '../../../src/domain/read-decision.ts';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { createDescribeDecision } from '../../../src/rules/decision-line.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { bench, coupon, NOW, piece, rawEvent, ruleset, type Bench } from '../../support/pipeline-fakes.ts';

interface Recording {
  readonly b: Bench;
  readonly lines: string[];
  /** What the topic answers, one entry a record; the last repeats. */
  answers: ('recorded' | 'too_large' | Error)[];
  includes: (userId: string) => boolean;
}

function recording(): Recording {
  const b = bench();
  const state: Recording = { b, lines: [], answers: ['recorded'], includes: () => true };
  Object.assign(b.ports, {
    decisions: {
      describe: createDescribeDecision({ pod: 'pod-1', maxEventAgeMs: 900_000 }),
      log: {
        includes: (userId: string) => state.includes(userId),
        record: (userId: string, line: string) => {
          b.log.push(`decision of ${userId}`);
          const answer = state.answers.length > 1 ? state.answers.shift() : state.answers[0];
          if (answer instanceof Error) return Promise.reject(answer);
          if (answer === 'recorded') state.lines.push(line);
          return Promise.resolve(answer);
        },
      },
    },
  });
  return state;
}

async function run(state: Recording, raw: unknown = rawEvent()): Promise<readonly DecisionRecord[]> {
  await createEventHandler(state.b.ports)(piece(raw)).run(state.b.ownership);
  return state.lines.map((line) => {
    const read = readDecision(line);
    if (!read.ok) expect.fail(read.problem);
    return read.record as DecisionRecord;
  });
}

type Scene = (state: Recording, raw: Record<string, unknown>) => void;
const rejecting = (kind: 'rejected' | 'failed') => ({ kind, error: 'no' }) as const;

/** How each reason comes about, and what the coupon side had said then. */
const FILTERS: Readonly<Record<FilterReason, readonly [Scene, DecisionRecord['couponApi']]>> = {
  disabled: [({ b }) => (b.rules = ruleset({ enabled: false })), 'not_asked'],
  no_consent: [(_state, raw) => (raw['pushConsent'] = false), 'not_asked'],
  stale: [({ b }) => (b.script.coupons = [{ kind: 'stale' }]), 'stale'],
  trigger: [({ b }) => (b.rules = ruleset({ triggers: ['dwell'] })), 'not_asked'],
  inaccurate: [
    ({ b }, raw) => {
      b.rules = ruleset({ maxAccuracyMeters: 50 });
      raw['accuracyMeters'] = 51;
    },
    'not_asked',
  ],
  not_in_rollout: [({ b }) => (b.rules = ruleset({ inRollout: () => false })), 'not_asked'],
  quiet_hours: [
    ({ b }) => (b.rules = ruleset({ quietHours: () => ({ quiet: true, nextStartMs: undefined }) })),
    'not_asked',
  ],
  cooldown: [({ b }) => (b.script.claim = [{ kind: 'no_room', cap: 0 }]), 'answered'],
  no_coupons: [({ b }) => (b.script.coupons = [{ kind: 'coupons', coupons: [] }]), 'answered'],
  rules_excluded: [
    ({ b }) =>
      (b.rules = ruleset({ rank: () => ({ candidates: [], exclusions: [{ couponId: 'c-1', rule: 'r' }] }) })),
    'answered',
  ],
};

/** Undefined: refused before anything was decided, so there is no decision. */
const DEAD_LETTERS: Readonly<
  Record<DeadLetterReason, readonly [Scene, DecisionRecord['couponApi']] | undefined>
> = {
  malformed: undefined,
  invalid: undefined,
  too_large: undefined,
  coupon_api_rejected: [({ b }) => (b.script.coupons = [rejecting('rejected')]), 'rejected'],
  coupon_api_failed: [({ b }) => (b.script.coupons = [rejecting('failed')]), 'failed'],
  internal_error: [({ b }) => (b.script.claim = [new Error('a defect')]), 'answered'],
};

describe('each outcome', () => {
  it('queued, with the coupons as they were answered and their merchants as they were then', async () => {
    const state = recording();
    state.b.merchants.set('m-1', { merchantId: 'm-1', tier: 'gold', active: true });
    state.b.onCall = (name) => {
      if (name === 'claim') state.b.merchants.clear();
    };
    const [record] = await run(state);
    expect(record).toMatchObject({
      ...{
        outcome: 'queued',
        couponId: 'c-1',
        merchantId: 'm-1',
        rulesVersion: 'r1',
        rulesHash: '0123456789ab',
      },
      ...{ couponApi: 'answered', at: new Date(NOW).toISOString() },
      coupons: [{ couponId: 'c-1', merchant: { merchantId: 'm-1', tier: 'gold', known: true } }],
    });
  });

  it.each(namesOf(FILTER_REASONS))('filtered as %s', async (reason) => {
    const state = recording();
    const raw = rawEvent();
    const [break_, couponApi] = FILTERS[reason];
    break_(state, raw);
    const records = await run(state, raw);
    const { rule } = state.b.outcomes[0] ?? {};
    expect(records).toMatchObject([{ outcome: 'filtered', reason, rule, couponApi }]);
    expect(state.b.ended).toMatchObject([{ kind: 'filtered', reason, rule }]);
  });

  it.each(namesOf(DEAD_LETTER_REASONS).filter((reason) => DEAD_LETTERS[reason] !== undefined))(
    'dead-lettered as %s',
    async (reason) => {
      const state = recording();
      const [break_, couponApi] = DEAD_LETTERS[reason] ?? expect.fail();
      break_(state, {});
      expect(await run(state)).toMatchObject([
        { outcome: 'dead_lettered', reason, couponApi, rulesVersion: 'r1' },
      ]);
    },
  );

  it('an event that is none was not decided', async () => {
    const state = recording();
    expect(await run(state, rawEvent({ latitude: 91 }))).toEqual([]);
    expect(state.b.ended).toMatchObject([{ reason: 'invalid' }]);
  });

  it('of an event that was claimed before: that nothing was asked this time', async () => {
    const state = recording();
    await run(state);
    const envelope = state.b.claims[0]?.candidates[0]?.envelope ?? expect.fail();
    state.b.script.recall = [{ kind: 'known', undelivered: false, envelope }];
    const [, again] = await run(state);
    expect(again).toMatchObject({
      outcome: 'queued',
      couponApi: 'not_asked',
      couponId: 'c-1',
      rulesVersion: 'r1',
    });
  });
});

it('a run that failed leaves nothing behind in the record of the next', async () => {
  const state = recording();
  state.b.script.claim = [new UnavailableError('redis', 'away'), { kind: 'no_room', cap: 0 }];
  state.b.script.coupons = [
    { kind: 'coupons', coupons: [coupon, { ...coupon, couponId: 'c-2' }] },
    { kind: 'coupons', coupons: [coupon] },
  ];
  const records = await run(state);
  expect(records.map(({ coupons }) => coupons?.length)).toEqual([1]);
});

describe('when Redis was asked', () => {
  const [recalledMs, claimedMs] = [NOW + 3000, NOW + 3500];
  const recalledAt = new Date(recalledMs).toISOString();

  it.each([
    ['claimed', { kind: 'claimed', envelope: undefined }],
    ['without room', { kind: 'no_room', cap: 0 }],
    ['too late', { kind: 'too_late' }],
    ['known', { kind: 'known', undelivered: false, envelope: undefined }],
  ])('is said of a push that is %s', async (_what, answer) => {
    const state = recording();
    const [first] = await run(state);
    expect(first).not.toHaveProperty('claimedAt');
    const envelope = state.b.claims[0]?.candidates[0]?.envelope ?? expect.fail();
    state.b.script.recall = [{ kind: 'new', atMs: recalledMs }];
    state.b.script.claim = [
      { ...answer, ...('envelope' in answer && { envelope }), atMs: claimedMs } as ClaimAnswer,
    ];
    const [, record] = await run(state);
    expect(record).toMatchObject({ recalledAt, claimedAt: new Date(claimedMs).toISOString() });
  });

  it('is said of an event that an earlier run claimed', async () => {
    const state = recording();
    await run(state);
    const envelope = state.b.claims[0]?.candidates[0]?.envelope ?? expect.fail();
    state.b.script.recall = [{ kind: 'known', undelivered: false, envelope, atMs: recalledMs }];
    const [, again] = await run(state);
    expect(again).toMatchObject({ recalledAt, couponApi: 'not_asked' });
    expect(again).not.toHaveProperty('claimedAt');
  });

  it('is not said of a claim that took several calls', async () => {
    const state = recording();
    const coupons = Array.from({ length: 150 }, (_, at) => ({ ...coupon, couponId: `c-${String(at)}` }));
    state.b.script.coupons = [{ kind: 'coupons', coupons }];
    state.b.script.claim = [{ kind: 'too_late', atMs: claimedMs }];
    const [record] = await run(state);
    expect(state.b.claims).toHaveLength(2);
    expect(record).not.toHaveProperty('claimedAt');
  });
});

it('new rules during the coupon call are those that decided', async () => {
  const state = recording();
  state.b.onCall = (name) => {
    if (name === 'coupons') state.b.rules = ruleset({ version: 'r2', enabled: false });
  };
  expect(await run(state)).toMatchObject([{ reason: 'disabled', rulesVersion: 'r2', couponApi: 'answered' }]);
});

it('other users are not recorded', async () => {
  const state = recording();
  state.includes = (userId) => userId !== 'u-1';
  expect(await run(state)).toEqual([]);
  expect(state.b.ended).toMatchObject([{ kind: 'queued' }]);
  expect(state.b.log).not.toContain('decision of u-1');
});

describe('the topic', () => {
  it('refuses a record for its size: it goes without its coupons', async () => {
    const state = recording();
    state.answers = ['too_large', 'recorded'];
    const records = await run(state);
    expect(records).toMatchObject([{ outcome: 'queued', couponApi: 'too_large' }]);
    expect(records[0]).not.toHaveProperty('coupons');
    expect(state.b.ended).toMatchObject([{ kind: 'queued' }]);
  });

  it('refuses every record for its size: the event waits, by name', async () => {
    const state = recording();
    const waits: string[] = [];
    Object.assign(state.b.ports, {
      waiting: {
        begin: (what: string) => ({ failed: () => waits.push(what), end: () => undefined }),
      },
    });
    state.answers = ['too_large', 'too_large', 'too_large', 'recorded'];
    expect(await run(state)).toHaveLength(1);
    expect(waits).toContain('decision topic');
  });

  it('is away: the event waits and has no outcome until it is back', async () => {
    const state = recording();
    state.answers = [
      new UnavailableError('decision topic', 'away'),
      new UnavailableError('decision topic', 'away'),
      'recorded',
    ];
    state.b.onCall = () => undefined;
    const pending = run(state);
    expect(state.b.ended).toEqual([]);
    expect(await pending).toHaveLength(1);
    expect(state.b.ended).toHaveLength(1);
    expect(state.b.log.filter((line) => line === 'decision of u-1')).toHaveLength(3);
  });

  it('is acknowledged where no outcome topic is set, too', async () => {
    const state = recording();
    Object.assign(state.b.ports, { outcomes: undefined });
    expect(await run(state)).toHaveLength(1);
    expect(state.b.log).not.toContain('record');
  });

  it('keeps places where much waits for it', async () => {
    const state = recording();
    const held = Promise.withResolvers<'recorded'>();
    let parked = 0;
    const long = 'x'.repeat(4000);
    const some = Array.from({ length: 50 }, (_, at) => ({
      ...coupon,
      couponId: `c-${String(at)}`,
      body: long,
    }));
    state.b.script.coupons = [{ kind: 'coupons', coupons: some }];
    const { decisions } = state.b.ports;
    Object.assign(state.b.ports, {
      outcomes: undefined,
      decisions: { ...decisions, log: { includes: () => true, record: () => held.promise } },
    });
    const handle = createEventHandler(state.b.ports);
    const ownership = { ...state.b.ownership, park: () => (parked += 1) };
    const runs = Array.from({ length: 100 }, (_, at) =>
      handle(piece(rawEvent({ userId: `u-${String(at)}` }))).run(ownership),
    );
    await expect.poll(() => parked).toBeGreaterThan(75);
    held.resolve('recorded');
    await Promise.all(runs);
    // Each line has 200,000 characters and some: 16 Mi hold no more of them.
    expect(parked).toBeLessThan(84);
  });
});
