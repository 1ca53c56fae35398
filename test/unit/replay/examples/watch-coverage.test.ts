/** Each limit, rule and text of a document is a point; an example shows the sides that it comes to, and no others. */
import { describe, expect, it } from 'vitest';
import { watchCoverage } from '../../../../src/replay/examples/watch-coverage.ts';
import { runExample } from '../../../../src/replay/examples/run-example.ts';
import { compileRules } from '../../../../src/rules/document/compile-rules.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { document } from '../../rules/documents.ts';
import { exampleFile, examplesOf } from './examples.ts';

const CAP = ['caps[0] cutting', 'caps[0] passing'];

/** What is missing after the examples, the cap of every document left out. */
async function missing(sections: string, ...lines: readonly string[]): Promise<readonly string[]> {
  const parsed = parseRules(document(sections));
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  const watch = watchCoverage(parsed.document);
  const rules = compileRules(parsed.document, '', watch.witness);
  for (const more of lines) {
    const [example] = examplesOf(exampleFile(more));
    watch.note(example!.given, (await runExample(example!, rules)).decision);
  }
  const read = watch.read();
  expect(read.shown + read.missing.length).toBe(read.sides);
  return read.missing.map(({ point, side }) => `${point.name} ${side}`).filter((one) => !CAP.includes(one));
}

describe('without examples all is missing', () => {
  it.each([
    ['', []],
    ['event: { maxAge: 5m }', ['event.maxAge cutting', 'event.maxAge passing']],
    ['coupon: { minRemaining: 5m }', ['coupon.minRemaining cutting', 'coupon.minRemaining passing']],
    ['merchants: { allow: [], deny: [m-1] }', ['merchants.deny cutting', 'merchants.deny passing']],
    ['rollout: { percent: 100 }', []],
    ['rollout: { percent: 10 }', ['rollout cutting', 'rollout passing']],
    ['quietHours: { from: "21:00", to: "08:00" }', ['quietHours cutting', 'quietHours passing']],
    ['rules: [{ id: a, when: merchant.known, then: exclude }]', ['rules[0] a true', 'rules[0] a false']],
    ['rollout: { percent: 0 }', []],
    ['merchants: { allow: [m-1], deny: [] }', ['merchants.allow cutting', 'merchants.allow passing']],
    [
      'coupon: { minDiscountPercent: 5, maxDistanceMeters: 9 }',
      ['minDiscountPercent', 'maxDistanceMeters'].flatMap((key) => [
        `coupon.${key} cutting`,
        `coupon.${key} passing`,
      ]),
    ],
    [
      'quietHours: { from: "21:00", to: "08:00", unknownTimeZone: Etc/UTC }',
      ['quietHours cutting', 'quietHours passing', 'quietHours.unknownTimeZone used'],
    ],
    ['push: { body: B, locales: { de: { title: T } } }', ['push.body used', 'push.locales.de.title used']],
    [
      'push: { title: T, body: [A, B], locales: { de: { body: C } }, ttl: 1h }',
      [
        'push.title used',
        'push.body[0] used',
        'push.body[1] used',
        'push.locales.de.body used',
        'push.ttl used',
      ],
    ],
  ])('%s', async (sections, expected) => {
    expect(await missing(sections)).toEqual(expected);
  });
});

const AGE = 'event: { maxAge: 5m, triggers: [enter], maxAccuracyMeters: 10 }';
const ALL_OF_AGE = ['maxAge', 'triggers', 'maxAccuracyMeters'].flatMap((key) => [
  `event.${key} cutting`,
  `event.${key} passing`,
]);
const QUIET = 'quietHours: { from: "13:00", to: "14:00", unknownTimeZone: Etc/UTC }';
const BERLIN = 'event: { timeZone: Europe/Berlin }';

describe('an example shows', () => {
  it.each([
    [
      'what it passes and what stops it',
      AGE,
      ['event: { trigger: exit }'],
      [
        'event.maxAge cutting',
        'event.triggers passing',
        'event.maxAccuracyMeters cutting',
        'event.maxAccuracyMeters passing',
      ],
    ],
    [
      'nothing of an accuracy that it has not',
      AGE,
      [''],
      [
        'event.maxAge cutting',
        'event.triggers cutting',
        'event.maxAccuracyMeters cutting',
        'event.maxAccuracyMeters passing',
      ],
    ],
    [
      'all of them together',
      AGE,
      [
        'event: { trigger: exit }',
        'event: { occurredAt: -6m }',
        'event: { accuracyMeters: 11 }',
        'event: { accuracyMeters: 1 }',
      ],
      [],
    ],
    ['nothing where the user said no', AGE, ['event: { pushConsent: false }'], ALL_OF_AGE],
    [
      'nothing where it is too old for pods',
      AGE.replace('5m', '15m'),
      ['event: { occurredAt: -16m }'],
      ALL_OF_AGE,
    ],
    [
      'quiet hours, by its own clock',
      QUIET,
      [BERLIN],
      ['quietHours passing', 'quietHours.unknownTimeZone used'],
    ],
    ['the clock that serves for all', QUIET, [''], ['quietHours cutting']],
    ['quiet hours by that clock', QUIET, ['at: 2026-11-24T13:30:00Z'], ['quietHours passing']],
    [
      'no clock where it comes to none',
      `${QUIET}\nevent: { triggers: [exit] }`,
      [''],
      [
        'event.triggers passing',
        'quietHours cutting',
        'quietHours passing',
        'quietHours.unknownTimeZone used',
      ],
    ],
    [
      'the clock that serves, where a cap, the answer or the rules end it',
      `${QUIET}\nmerchants: { deny: [merchant-1] }`,
      [''],
      ['quietHours cutting', 'merchants.deny passing'],
    ],
    ['the same where there are no coupons', QUIET, ['coupons: []'], ['quietHours cutting']],
    ['the same where a cap is full', QUIET, ['pushes: [-1h]'], ['quietHours cutting']],
    [
      'a share of users, and who is outside of it',
      'rollout: { percent: 99, salt: launch }',
      ['event: { userId: user-160 }'],
      ['rollout passing'],
    ],
    [
      'a rule as a rule, also where it is called like a setting',
      'rollout: { percent: 99, salt: launch }\nrules: [{ id: rollout, when: merchant.active, then: exclude }]',
      [''],
      ['rollout cutting', 'rules[0] rollout false'],
    ],
    [
      'a rule that does not hold',
      'rules: [{ id: a, when: merchant.known, then: exclude }]',
      [''],
      ['rules[0] a true'],
    ],
    [
      'a limit that lets pass',
      'coupon: { minDiscountPercent: 5 }',
      ['coupon: { discountPercent: 5 }'],
      ['coupon.minDiscountPercent cutting'],
    ],
    [
      'a merchant’s clock',
      QUIET,
      ['event: { merchantId: m }\nmerchants: [{ merchantId: m, timeZone: Europe/Berlin }]'],
      ['quietHours passing', 'quietHours.unknownTimeZone used'],
    ],
    ['a time to live that ends the push', 'push: { ttl: 10m }', [''], []],
    [
      'not one that something else ends',
      'push: { ttl: 10m }',
      ['coupon: { validUntil: +9m }'],
      ['push.ttl used'],
    ],
    ['a text only where it is pushed', 'push: { body: B }', ['pushes: [-1h]'], ['push.body used']],
    ['a text that is pushed', 'push: { body: B }', [''], []],
  ])('%s', async (_what, sections, lines, expected) => {
    expect(await missing(sections, ...lines)).toEqual(expected);
  });

  it.each([
    ['', 'event: { trigger: exit }'],
    ['', 'event: { pushConsent: false }'],
    ['', 'event: { occurredAt: -16m }'],
    ['enabled: false', ''],
  ])('no cap where it is filtered before caps decide: %s %s', async (sections, lines) => {
    const parsed = parseRules(document(`${AGE.replace('5m', '20m')}\n${sections}`));
    if (!parsed.ok) expect.fail();
    const watch = watchCoverage(parsed.document);
    const [example] = examplesOf(exampleFile(`${lines}\npushes: [-1h]`));
    watch.note(example!.given, (await runExample(example!, parsed.rules)).decision);
    const names = watch.read().missing.map(({ point, side }) => `${point.name} ${side}`);
    expect(names).toEqual(expect.arrayContaining(CAP));
  });

  it('that it has passed all filters, where only its push would end too soon', () => {
    const parsed = parseRules(document('quietHours: { from: "13:00", to: "14:00" }'));
    if (!parsed.ok) expect.fail();
    const watch = watchCoverage(parsed.document);
    const [example] = examplesOf(exampleFile());
    const outcome = { kind: 'filtered', reason: 'stale', rule: 'quietHours' } as const;
    const caps = [{ cap: 0, couponId: undefined, counted: 0, pushes: [] }];
    watch.note(example!.given, { outcome, caps, push: undefined, ranking: undefined });
    const names = watch.read().missing.map(({ point, side }) => `${point.name} ${side}`);
    expect(names).toEqual(['quietHours cutting', 'caps[0] cutting']);
  });

  it('a cap, with room and without', async () => {
    const parsed = parseRules(document());
    if (!parsed.ok) expect.fail();
    for (const [lines, side] of [
      ['', 'cutting'],
      ['pushes: [-1h]', 'passing'],
    ] as const) {
      const watch = watchCoverage(parsed.document);
      const [example] = examplesOf(exampleFile(lines));
      watch.note(example!.given, (await runExample(example!, parsed.rules)).decision);
      expect(watch.read().missing).toMatchObject([{ side }]);
    }
  });
});
