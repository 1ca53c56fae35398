/** Conditions: what they see, what a load refuses, and that nothing in them can stall a pod. */
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../src/rules/language/expression.ts';
import { coupon, document, excluded, NOW, problems, rank, rules, type Scene } from './documents.ts';

/** Whether the condition holds for the one coupon. */
function holds(when: string, scene: Scene = {}, changes = {}): boolean {
  const ruleset = rules(`rules:\n  - id: it\n    when: ${JSON.stringify(when)}\n    then: exclude\n`);
  return excluded(ruleset, [coupon('c-1', changes)], scene)['c-1'] === 'it';
}

describe('numbers are one type', () => {
  it.each([
    'coupon.discountPercent > 10',
    'coupon.discountPercent > 10.0',
    'coupon.discountPercent == 20',
    '20 == coupon.discountPercent',
    'coupon.discountPercent != 21',
    'coupon.discountPercent in [10, 20]',
    'coupon.discountPercent in [10.5, 20.0]',
    'coupon.discountPercent * 2 + 1 - 1 == 40',
    '2 * coupon.discountPercent / 4 == 10',
    'coupon.discountPercent % 7 == 6',
    'size(coupon.title) > 3.5',
    'coupon.remainingSeconds / 60 > 4.5',
    '-coupon.discountPercent < 0',
  ])('%s', (when) => {
    expect(holds(when, {}, { validUntilMs: Date.parse('2026-11-22T12:05:00Z') })).toBe(true);
  });
});

describe('what a condition sees', () => {
  const everything = {
    body: 'b',
    category: 'coffee',
    deepLink: 'app://x',
    latitude: 52.521,
    longitude: 13.405,
    validFromMs: Date.parse('2026-11-01T00:00:00Z'),
    validUntilMs: Date.parse('2026-11-22T13:00:00Z'),
  };

  it.each([
    'coupon.couponId == "c-1" && coupon.merchantId == "m-1" && coupon.title == "Title of c-1"',
    'coupon.body == "b" && coupon.category == "coffee" && coupon.deepLink == "app://x"',
    'coupon.hasLocation && coupon.latitude == 52.521 && coupon.longitude == 13.405',
    'coupon.distanceMeters > 110 && coupon.distanceMeters < 112',
    'coupon.hasValidFrom && coupon.validFrom == "2026-11-01T00:00:00.000Z"',
    'coupon.hasValidUntil && timestamp(coupon.validUntil) == timestamp("2026-11-22T13:00:00Z")',
    'coupon.remainingSeconds == 3600 && coupon.hasDiscountPercent',
    'event.userId == "u-1" && event.trigger == "enter" && event.ageSeconds == 90',
    'event.latitude == 52.52 && event.longitude == 13.405',
    'event.localHour == 13 && event.localWeekday == 7 && event.timeZoneKnown',
    'event.merchantId == "m-9" && event.locale == "de-AT"',
    'event.hasAccuracy && event.accuracyMeters == 25',
    'merchant.known && merchant.merchantId == "m-1" && merchant.name == "Bean" && merchant.tier == "gold"',
    'merchant.category == "cafe" && merchant.timeZone == "Asia/Tokyo" && merchant.active',
  ])('%s', (when) => {
    const scene: Scene = {
      event: { merchantId: 'm-9', locale: 'de-AT', accuracyMeters: 25 },
      merchants: [
        {
          merchantId: 'm-1',
          name: 'Bean',
          tier: 'gold',
          category: 'cafe',
          timeZone: 'Asia/Tokyo',
          active: true,
        },
      ],
    };
    expect(holds(when, scene, everything)).toBe(true);
  });

  it.each([
    'coupon.body == "" && coupon.category == "" && coupon.deepLink == "" && coupon.validUntil == ""',
    '!coupon.hasLocation && coupon.distanceMeters == 0 && coupon.latitude == 0',
    '!coupon.hasValidUntil && coupon.remainingSeconds == 0 && !coupon.hasValidFrom',
    '!coupon.hasDiscountPercent && coupon.discountPercent == 0',
    '!event.hasAccuracy && event.accuracyMeters == 0 && event.merchantId == "" && event.locale == ""',
    '!merchant.known && merchant.tier == "" && merchant.active && merchant.merchantId == "m-1"',
    '!event.timeZoneKnown && event.localHour == 0 && event.localWeekday == 0',
  ])('what is absent: %s', (when) => {
    const bare = { couponId: 'c-1', merchantId: 'm-1', title: 't' };
    const ruleset = rules(`rules: [{ id: it, when: ${JSON.stringify(when)}, then: exclude }]`);
    expect(excluded(ruleset, [bare], { timeZone: undefined })).toEqual({ 'c-1': 'it' });
  });

  it('an event from a clock that is ahead of ours as one of now', () => {
    expect(holds('event.ageSeconds == 0', { event: { occurredAtMs: NOW + 5000 } })).toBe(true);
  });

  it('local time by unknownTimeZone where the zone is unknown', () => {
    const ruleset = rules(`
quietHours: { from: "01:00", to: "02:00", unknownTimeZone: "Asia/Tokyo" }
rules: [{ id: it, when: "event.localHour == 21 && !event.timeZoneKnown", then: exclude }]`);
    expect(excluded(ruleset, [coupon('c-1')], { timeZone: undefined })).toEqual({ 'c-1': 'it' });
  });

  it.each([
    'coupon.title.matches("it.*of")',
    'matches(coupon.title, "^Title of c-[0-9]+$")',
    'coupon.title.matches("(?i)TITLE")',
    'coupon.title.matches("(a+)+$") == false',
    'coupon.title.matches("^(?:Ti|tle| of)+ c")',
    String.raw`coupon.title.matches("\\bof\\b")`,
    String.raw`coupon.body.matches("^\\pL+ü$")`,
    'coupon.title.matches("^" + coupon.title)',
    'coupon.title.matches(coupon.category)',
    '["x$", "1$"].exists(pattern, coupon.title.matches(pattern))',
  ])('RE2 anywhere in the text: %s', (when) => {
    expect(holds(when, {}, { category: '[c]-1', body: 'grün ü'.replace(' ', '') })).toBe(true);
  });

  it.each([
    'coupon.body.split(",").size() == 3 && coupon.body.split(",", 2)[1] == "b,c"',
    'coupon.body.split(",", 0).size() == 0 && coupon.body.split(",", -1).join("+") == "a+b+c"',
    'coupon.body.split(",").join() == "abc" && ["x", "y"].join("-") == "x-y"',
    'coupon.body.contains("b,") && !coupon.body.contains("d") && coupon.body.contains("")',
    'coupon.body.indexOf(",") == 1 && coupon.body.lastIndexOf(",") == 3 && coupon.body.indexOf("x") == -1',
    'coupon.body.indexOf(",", 2) == 3 && coupon.body.lastIndexOf(",", 2) == 1',
    'coupon.body.split(",").exists(part, part == "b") && [1, 2].map(n, n + 1)[1] == 3',
    'coupon.body.split(",").filter(part, part in ["a", "c"]).size() == 2',
    'duration("90m") == duration("1h30m")',
  ])('functions whose cost has a bound: %s', (when) => {
    expect(holds(when, {}, { body: 'a,b,c' })).toBe(true);
  });

  it('the first 4,096 characters of a partner’s text', () => {
    const body = `${'x'.repeat(4095)}yz`;
    expect(holds('coupon.body.endsWith("xy") && size(coupon.body) == 4096', {}, { body })).toBe(true);
  });

  it('lists, loops, text functions and patterns', () => {
    expect(holds('["Title", "x"].exists(word, coupon.title.startsWith(word))')).toBe(true);
    expect(holds('coupon.title.matches("^Title of c-[0-9]+$")')).toBe(true);
    expect(holds('coupon.title.lowerAscii().contains("title") ? true : false')).toBe(true);
  });
});

describe('refused when loaded', () => {
  it.each([
    ['coupon.categry == "x"', /no field "categry", did you mean "category"/],
    ['cupon.category == "x"', /no "cupon", did you mean "coupon"/],
    ['coupon.title > 3', /text and numbers don't mix\): string > int/],
    ['coupon.category == alcohol', /no "alcohol".*text stands in quotes/],
    ['coupon.category = "x"', /one "=" compares nothing: write ==/],
    ['coupon.discountPercent >', /the condition ends too early/],
    ['coupon.title', /true or false.*string/],
    ['coupon.discountPercent', /true or false.*double/],
    ['coupon', /true or false.*Coupon/],
    ['dyn(coupon.title) > 3', /dyn\(\)/],
    ['bytes("{}").json() == 1', /json\(\)/],
    ['has(coupon.category)', /has\(\) is always true/],
    ['[1].all(a, [2].all(b, a < b))', /inside another loop/],
    ['cel.bind(x, coupon.title + coupon.title, x == "")', /cel\.bind/],
    ['coupon.title.matches("(?=a)b")', /not an RE2 pattern: invalid or unsupported Perl syntax: `\(\?=`/],
    ['coupon.title.matches("(?<!a)b")', /not an RE2 pattern/],
    [String.raw`coupon.title.matches("(a)\\1")`, /not an RE2 pattern: invalid escape sequence: `\\1`/],
    ['coupon.title.matches("[")', /not an RE2 pattern: missing closing \]: `\[`/],
    ['coupon.title.matches("a{1001}")', /not an RE2 pattern: invalid repeat count/],
    ['matches(coupon.title, "(")', /not an RE2 pattern: missing closing \)/],
    ['coupon.title.matches("[ab]{300}c")', /too large a pattern: it compiles to 30\d instructions/],
    [
      'coupon.title.matches("[ab]{150}c") || coupon.body.matches("[ab]{150}d")',
      /too large a pattern: it compiles to 30\d instructions/,
    ],
    ['coupon.title.matches(3)', /string\.matches\(int\)/],
    ['coupon.title.bounded_matches("a")', /no bounded_matches/],
    ['["a"].exists(w, coupon.body.split(w).size() > 3)', /split\(\) inside a loop/],
    ['coupon.body.split("").exists(a, a + a == "aa")', /joins texts or lists by \+/],
    ['["a"].map(a, a + a).map(a, a + a).exists(a, a == "b")', /joins texts or lists by \+/],
    ['["a"].map(a, [a, a]).size() > 1', /loop that makes lists/],
    [
      'coupon.body.split(",").exists(a, a == "1" || a == "2" || a == "3" || a == "4" || a == "5")',
      /too long a loop: 500 elements × 9 operations/,
    ],
    ['duration(coupon.body) > duration("1s")', /duration\(\) takes a text in quotes/],
    [
      '["UTC"].exists(z, timestamp(coupon.validUntil).getHours(z) > 3)',
      /getHours\(\) with a time zone at most 4 times, and in no loop/,
    ],
    [`coupon.title == "${'x'.repeat(2000)}"`, /longer than 2000/],
    [`${'('.repeat(300)}true${')'.repeat(300)}`, /./],
  ])('%s', (when, message) => {
    const compiled = compileExpression(when);
    expect(compiled.ok).toBe(false);
    if (!compiled.ok) expect(compiled.message).toMatch(message);
  });

  it('by the very letter, where the text stands as it is written', () => {
    const plain = document(
      'rules:\n  - id: a\n    when: merchant.tier == "gold" && coupon.categry == "x"\n    then: exclude\n',
    );
    expect(problems(plain)[0]?.[0]).toBe('5:45 rules[0].when');
    const quoted = document("rules:\n  - id: a\n    when: 'coupon.categry == 1'\n    then: exclude\n");
    expect(problems(quoted)[0]?.[0]).toBe('5:19 rules[0].when');
  });

  it('by a caret below its own line, where the text is folded or a block', () => {
    const block = document(
      'rules:\n  - id: a\n    when: |\n      coupon.hasLocation &&\n      coupon.categry == "x"\n    then: exclude\n',
    );
    const [where, message] = problems(block)[0] ?? [];
    expect(where).toBe('5:11 rules[0].when');
    expect(message?.split('\n').slice(1)).toEqual(['  coupon.categry == "x"', '         ^']);
  });

  it('a pattern at its place in the document, by line and column', () => {
    const plain = document(
      'rules:\n  - id: a\n    when: merchant.active && coupon.title.matches("(?=a)")\n    then: exclude\n',
    );
    expect(problems(plain)[0]?.[0]).toBe('5:51 rules[0].when');
  });
});

describe('what would take too long fails while it runs, and excludes', () => {
  it('and a pattern that would never end by backtracking just ends', () => {
    const title = `${'a'.repeat(4000)}!`;
    expect(holds('coupon.title.matches("^(a|a)*b") || coupon.title.matches("(a*)*c$")', {}, { title })).toBe(
      false,
    );
  });

  const long = 'ab'.repeat(32_768);

  it.each([
    ['a pattern worked out that is no RE2', 'coupon.title.matches(coupon.category)', { category: '(' }],
    ['a long pattern worked out', 'coupon.title.matches(coupon.body)', { body: 'a'.repeat(101) }],
    ['a large pattern worked out', 'coupon.title.matches(coupon.body)', { body: '[ab]{300}' }],
    ['many parts', 'coupon.body.split("").size() > 3', { body: long }],
    [
      'a long text joined',
      'coupon.body.split("b", 40).join(coupon.body).size() > 3',
      { body: 'ab'.repeat(400) },
    ],
    [
      'a text in a text',
      `${'coupon.body.contains(coupon.deepLink) || '.repeat(8)}false`,
      { deepLink: `b${long}b` },
    ],
    [
      'many searches',
      '["[ab]{200}1", "[ab]{200}2", "[ab]{200}3"].exists(pattern, coupon.body.matches(pattern))',
      {},
    ],
    ['an index out of range', 'coupon.title.indexOf("a", 400) > 3', {}],
  ])('%s', (name, when, changes) => {
    const ruleset = rules(`rules: [{ id: it, when: ${JSON.stringify(when)}, then: boost, by: 1 }]`);
    const { candidates, exclusions } = rank(ruleset, [coupon('c-1', { body: long, ...changes })]);
    if (name === 'a long text joined') expect(candidates).toHaveLength(1);
    else expect(exclusions.map(({ rule, error }) => [rule, error !== undefined])).toEqual([['it', true]]);
  });
});

describe('a rule that fails while it runs', () => {
  const failing = rules(`
rules:
  - { id: first, when: "coupon.couponId == 'c-2'", then: exclude }
  - { id: fails, when: 'int(coupon.category) > 3', then: boost, by: 5 }
`);

  it('excludes that coupon alone, and says which rule and why', () => {
    const ranking = rank(failing, [
      coupon('c-1', { category: 'x' }),
      coupon('c-2', { category: 'x' }),
      coupon('c-3', { category: '7' }),
    ]);
    expect(ranking.candidates.map((candidate) => [candidate.coupon.couponId, candidate.score])).toEqual([
      ['c-3', 25],
    ]);
    expect(ranking.exclusions).toMatchObject([
      { couponId: 'c-1', rule: 'fails' },
      { couponId: 'c-2', rule: 'first' },
    ]);
    expect(ranking.exclusions[0]?.error).toMatch(/^int\(\)[^\n]+$/);
    expect(ranking.exclusions[1]).not.toHaveProperty('error');
  });
});
