/** A file of examples becomes situations; what is wrong with it is told by line, column and field. */
import { describe, expect, it } from 'vitest';
import { distanceMeters } from '../../../../src/rules/distance.ts';
import { exampleFile, examplesOf, problemsOf } from './examples.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const given = (lines: string, defaults = '') => examplesOf(exampleFile(lines, defaults))[0]!.given;
const couponsOf = (lines: string, defaults = '') => {
  const { coupons } = given(lines, defaults);
  return coupons.kind === 'coupons' ? coupons.coupons : expect.fail('no coupons');
};

describe('an example', () => {
  it('that names nothing is an event now, with one coupon, by the ceiling of pods', () => {
    expect(given('')).toMatchObject({
      nowMs: NOW,
      event: { userId: 'user-1', occurredAtMs: NOW, trigger: 'enter', pushConsent: true },
      coupons: { coupons: [{ couponId: 'coupon-1', merchantId: 'merchant-1', title: 'A coupon' }] },
      pushes: [],
      maxEventAgeMs: 900_000,
    });
  });

  it('has its own moment, or a time of the day of the defaults', () => {
    expect(given('at: 2026-11-25T09:00:00Z').nowMs).toBe(Date.parse('2026-11-25T09:00:00Z'));
    expect(given('at: "09:30"').nowMs).toBe(Date.parse('2026-11-24T09:30:00Z'));
    expect(given('at: Sat 09:30').nowMs).toBe(Date.parse('2026-11-28T09:30:00Z'));
  });

  it('goes by its defaults, field by field, and takes one away by ~', () => {
    const { event, maxEventAgeMs } = given(
      'event: { accuracyMeters: ~, trigger: dwell }',
      'maxEventAge: 1h\nevent: { accuracyMeters: 20, timeZone: Europe/Berlin }',
    );
    expect(event).toMatchObject({ trigger: 'dwell', timeZone: 'Europe/Berlin' });
    expect(event.accuracyMeters).toBeUndefined();
    expect(maxEventAgeMs).toBe(3_600_000);
  });

  it('has an event of another moment, and in the locale that pods make of it', () => {
    expect(given('event: { occurredAt: -20m, locale: de_AT }').event).toMatchObject({
      ...{ occurredAtMs: NOW - 1_200_000, locale: 'de-AT' },
    });
    expect(given('event: { occurredAt: +4m }').event.occurredAtMs).toBe(NOW);
  });

  it('has coupons of three layers: the defaults’, the example’s, and each one’s own', () => {
    const coupons = couponsOf(
      'coupon: { category: coffee }\ncoupons: [{ title: B }, { couponId: mine, category: ~ }]',
      'coupon: { title: A, category: tea, discountPercent: 20 }',
    );
    expect(coupons).toMatchObject([
      { couponId: 'coupon-1', title: 'B', category: 'coffee', discountPercent: 20 },
      { couponId: 'mine', title: 'A', discountPercent: 20 },
    ]);
    expect(coupons[1]?.category).toBeUndefined();
    expect(couponsOf('coupons: []')).toEqual([]);
  });

  it.each([0, 1, 250, 1500, 1501, 99_999.5, 1_000_000])(
    'has a coupon %d m away, and no farther',
    (meters) => {
      for (const latitude of [52.52, -33.9, 0, 90]) {
        const lines = `event: { latitude: ${String(latitude)} }\ncoupon: { distanceMeters: ${String(meters)} }`;
        const { event } = given(lines);
        const [coupon] = couponsOf(lines);
        const distance = distanceMeters(event, {
          latitude: coupon!.latitude!,
          longitude: coupon!.longitude!,
        });
        expect(distance).toBeLessThanOrEqual(meters);
        expect(meters - distance).toBeLessThan(1e-5);
      }
    },
  );

  it('has a place of its own in place of the defaults’, however it is written', () => {
    const near = 'coupon: { distanceMeters: 300 }';
    expect(couponsOf('coupon: { latitude: 1, longitude: 2 }', near)).toMatchObject([
      { latitude: 1, longitude: 2 },
    ]);
    expect(couponsOf('coupon: { distanceMeters: ~ }', near)[0]?.latitude).toBeUndefined();
    expect(couponsOf('', near)[0]?.latitude).toBeDefined();
  });

  it('has coupons with moments from its own on', () => {
    expect(couponsOf('coupon: { validFrom: -1h, validUntil: 2026-11-24 14:00 Europe/Berlin }')).toMatchObject(
      [{ validFromMs: NOW - 3_600_000, validUntilMs: NOW + 3_600_000 }],
    );
  });

  it('has pushes before, from elsewhere where nobody says from where', () => {
    expect(given('pushes: [-2h, { at: -1d, merchantId: m-1 }]').pushes).toEqual([
      { atMs: NOW - 7_200_000, merchantId: 'another-merchant', couponId: 'another-coupon' },
      { atMs: NOW - 86_400_000, merchantId: 'm-1', couponId: 'another-coupon' },
    ]);
    expect(given('', 'pushes: [-1h]').pushes).toHaveLength(1);
    expect(given('pushes: []', 'pushes: [-1h]').pushes).toEqual([]);
  });
});

describe('merchants', () => {
  const file =
    '{"version":"1","merchants":[{"merchantId":"m-1","tier":"gold","active":false},{"merchantId":"m-2"}]}';
  const load = (name: string) => (name === 'm.json' ? { text: file } : { error: 'there is no such file' });
  const find = (lines: string, defaults: string) =>
    examplesOf(exampleFile(lines, defaults), load)[0]!.given.findMerchant;

  it('are those of the file, with what defaults and example say of them', () => {
    const findMerchant = find(
      'merchants: [{ merchantId: m-1, active: true }, { merchantId: m-3, tier: silver }]',
      'merchantsFile: m.json\nmerchants: [{ merchantId: m-1, name: One, tier: ~ }]',
    );
    expect(findMerchant('m-1')).toEqual({ merchantId: 'm-1', name: 'One', active: true });
    expect(findMerchant('m-2')).toEqual({ merchantId: 'm-2', active: true });
    expect(findMerchant('m-3')).toEqual({ merchantId: 'm-3', tier: 'silver', active: true });
    expect(findMerchant('m-4')).toBeUndefined();
  });

  it('of a file that can’t be used are a problem, told once', () => {
    expect(problemsOf(exampleFile('', 'merchantsFile: gone.json'), load)).toEqual([
      '3:18 defaults.merchantsFile: gone.json: there is no such file',
    ]);
    expect(problemsOf(exampleFile('merchantsFile: m.json'), () => ({ text: '{}' }))).toEqual([
      expect.stringMatching(/^6:20 examples\[0\]\.merchantsFile: m\.json: expected a text/),
    ]);
  });
});

describe('a table', () => {
  const table = (rows: string, lines: string): string =>
    exampleFile(`each:\n${rows.replaceAll(/^/gm, '  - ')}\n${lines}`).replace(
      'name: one',
      'name: a <trigger>',
    );

  it('makes a case of each row, its values of their own type, at the row’s line', () => {
    const examples = examplesOf(
      table(
        '{ trigger: enter, meters: 10 }\n{ trigger: exit }',
        'event: { trigger: <trigger>, accuracyMeters: <meters> }',
      ),
    );
    expect(examples.map(({ name, line }) => [name, line])).toEqual([
      ['a enter', 7],
      ['a exit', 8],
    ]);
    expect(examples.map(({ given: { event } }) => [event.trigger, event.accuracyMeters])).toEqual([
      ['enter', 10],
      ['exit', undefined],
    ]);
  });

  it('tells its cases apart where the name does not', () => {
    const text = exampleFile('each:\n  - { of: enter }\n  - { of: exit }\nevent: { trigger: <of> }');
    expect(examplesOf(text).map(({ name }) => name)).toEqual(['one (of enter)', 'one (of exit)']);
  });

  it('may stand in a text, and in what is expected', () => {
    const [first] = examplesOf(
      table('{ trigger: dwell, n: 3 }', 'coupon: { title: "<n> for 1, <trigger>" }'),
    );
    expect(first?.given.coupons).toMatchObject({ coupons: [{ title: '3 for 1, dwell' }] });
  });

  it('is judged at its row, where the row is what is wrong', () => {
    expect(
      problemsOf(table('{ trigger: enter }\n{ trigger: entre }', 'event: { trigger: <trigger> }')),
    ).toEqual(['8:20 examples[0].each[1].trigger: expected one of enter, dwell, exit, found "entre"']);
  });

  it('is judged once where the example is what is wrong', () => {
    expect(
      problemsOf(table('{ trigger: enter }\n{ trigger: exit }', 'event: { triger: <trigger> }')),
    ).toEqual(['9:14 examples[0].event.triger: unknown key "triger", did you mean "trigger"?']);
  });

  it('has every column that is asked for, and none that is not', () => {
    expect(problemsOf(table('{ trigger: enter, hour: 3 }', 'event: { trigger: <what> }'))).toEqual([
      '7:27 examples[0].each[0].hour: <hour> stands nowhere in the example',
      '8:23 examples[0].event.trigger: no row of "each" has "what"; there are trigger, hour',
    ]);
  });

  it.each([
    ['[]', 'expected at least one row, found an empty list'],
    ['enter', 'expected a list of rows such as { hour: "11:59", outcome: filtered }, found "enter"'],
    ['[{ x: [1] }]', 'examples[0].each[0].x: expected a text, a number, true, false or ~, found a list'],
    ['[enter]', 'expected a row such as { hour: "11:59", outcome: filtered }, found "enter"'],
  ])('is no %s', (rows, message) => {
    expect(problemsOf(exampleFile(`each: ${rows}`))).toEqual([expect.stringContaining(message)]);
  });
});

describe('a file with faults', () => {
  it.each([
    ['examples: []\nexample: []', '2:1 example: unknown key "example", did you mean "examples"?'],
    ['defaults: {}', '1:1 examples: is missing: expected a list of examples'],
    ['examples: none', '1:11 examples: expected a list of examples, found "none"'],
    ['- 1', '1:1 : expected a file with examples, found a list'],
    ['examples: [1]', '1:12 examples[0]: expected an example (name, …, expect), found 1'],
    ['a: [', expect.stringMatching(/^\d+:\d+ /)],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toContainEqual(problem);
  });

  it.each([
    ['exepct: {}', '6:5 examples[0].exepct: unknown key "exepct", did you mean "expect"?'],
    [
      'at: noon',
      expect.stringMatching(/^6:9 examples\[0\]\.at: expected a moment such as .*, found "noon"$/),
    ],
    ['at: -2h', expect.stringMatching(/^6:9 examples\[0\]\.at: expected a moment/)],
    ['event: { latitude: 91 }', '6:24 examples[0].event.latitude: expected −90…90, found 91'],
    [
      'event: { pushConsent: yes }',
      '6:27 examples[0].event.pushConsent: expected true or false, found "yes"',
    ],
    ['event: { timeZone: Berlin }', expect.stringMatching(/timeZone: expected a time zone such as/)],
    [
      'event: { occurredAt: +6m }',
      expect.stringMatching(
        /^6:12 examples\[0\]\.event: is no event that pods take: occurredAt: more than five/,
      ),
    ],
    [
      'coupons: { title: x }',
      '6:14 examples[0].coupons: expected a list of coupons, found a section of keys: begin each entry with "- "',
    ],
    [
      'coupons: [{ discount: 3 }]',
      expect.stringMatching(
        /^6:17 examples\[0\]\.coupons\[0\]\.discount: unknown key "discount", did you mean "discountPercent"/,
      ),
    ],
    [
      'coupon: { latitude: 1 }',
      '6:13 examples[0].coupon: latitude and longitude are there together, or not at all',
    ],
    ['coupon: { latitude: 1, longitude: 1, distanceMeters: 1 }', expect.stringContaining('not both')],
    [
      'pushes: [+1h]',
      '6:14 examples[0].pushes[0]: a push that was sent before lies after the moment of the decision',
    ],
    [
      'pushes: [2h]',
      expect.stringMatching(/^6:14 examples\[0\]\.pushes\[0\]: expected a moment such as -2h.*, found "2h"$/),
    ],
    [
      'pushes: [{ at: -1h, user: 3 }]',
      expect.stringContaining('unknown key "user"; there are at, merchantId, couponId'),
    ],
    [
      'merchants: [{ tier: gold }]',
      '6:17 examples[0].merchants[0].merchantId: is missing: expected an id of 1–128 characters',
    ],
    ['maxEventAge: 15', expect.stringContaining('expected a duration such as 90s, 15m, 24h or 7d, found 15')],
  ])('%s', (line, problem) => {
    expect(problemsOf(exampleFile(line))).toContainEqual(problem);
  });

  it.each([
    ['{}', expect.stringMatching(/^3:13 examples\[0\]\.expect: expects nothing: name at least one of/)],
    ['{ outcome: sent }', '3:24 examples[0].expect.outcome: expected one of queued, filtered, found "sent"'],
    ['{ reason: cold }', expect.stringContaining('expected one of disabled, no_consent')],
  ])('expect: %s', (expects, problem) => {
    const text = `examples:\n  - name: one\n    expect: ${expects}\n    at: 2026-11-24T12:00:00Z`;
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('an example without a moment, or with a time of no day', () => {
    expect(problemsOf('examples: [{ name: a, expect: { rule: x } }]')).toEqual([
      expect.stringMatching(/^1:12 examples\[0\]: has no "at", and there is none in defaults/),
    ]);
    expect(problemsOf('examples: [{ name: a, at: "09:30", expect: { rule: x } }]')).toEqual([
      expect.stringMatching(/^1:27 examples\[0\]\.at: is no moment/),
    ]);
  });

  it('two examples of one name', () => {
    const two = `${exampleFile()}  - name: one\n    expect: { outcome: queued }\n`;
    expect(problemsOf(two)).toEqual(['6:1 examples: the example in line 4 has the name "one" already']);
  });

  it('at the defaults, once', () => {
    expect(problemsOf(exampleFile('', 'coupon: { discountPercent: 101 }'))).toEqual([
      '3:30 defaults.coupon.discountPercent: expected a number from 0 to 100 (percent), found 101',
    ]);
  });
});
