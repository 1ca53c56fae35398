/** Each field of an example says what it takes, by one sentence where something else stands there. */
import { describe, expect, it } from 'vitest';
import { exampleFile, examplesOf, problemsOf } from './examples.ts';

const MOMENT =
  'expected a moment such as -2h, +45m, "2026-11-24 12:00 Europe/Berlin" or 2026-11-24T11:00:00Z';
const AT =
  'expected a moment such as "2026-11-24 12:00 Europe/Berlin" or 2026-11-24T11:00:00Z, or a time such as "09:30" or "Sat 09:30"';
const ID = 'expected an id of 1–128 characters';
const LONG = 'i'.repeat(129);

describe('a field of an example', () => {
  it.each([
    ['at: 3', `at: ${AT}, found 3`],
    ['at: +1h', `at: ${AT}, found "+1h"`],
    [
      'maxEventAge: 15 m',
      'maxEventAge: expected a duration such as 90s, 15m, 24h or 7d, found "15 m": did you mean 15m?',
    ],
    ['event: 3', 'event: expected a section of keys, found 3'],
    ['event: { trigger: entre }', 'event.trigger: expected one of enter, dwell, exit, found "entre"'],
    ['event: { locale: "??" }', 'event.locale: expected a language such as de or pt-BR, found "??"'],
    ['event: { timeZone: 3 }', 'event.timeZone: expected a time zone such as "Europe/Berlin", found 3'],
    ['event: { occurredAt: early }', `event.occurredAt: ${MOMENT}, found "early"`],
    ['coupon: 3', 'coupon: expected a section of keys, found 3'],
    ['coupon: { couponId: "" }', `coupon.couponId: ${ID}, found ""`],
    [`coupon: { couponId: ${LONG} }`, expect.stringContaining(`coupon.couponId: ${ID}, found "iii`)],
    ['coupon: { merchantId: 3 }', `coupon.merchantId: ${ID}, found 3`],
    ['coupon: { title: "" }', 'coupon.title: expected a text, found ""'],
    ['coupon: { body: "" }', 'coupon.body: expected a text, found ""'],
    ['coupon: { category: 3 }', 'coupon.category: expected a text, found 3'],
    ['coupon: { deepLink: "" }', 'coupon.deepLink: expected a text, found ""'],
    [
      'coupon: { discountPercent: -1 }',
      'coupon.discountPercent: expected a number from 0 to 100 (percent), found -1',
    ],
    [
      'coupon: { distanceMeters: 1000001 }',
      'coupon.distanceMeters: expected a number from 0 to 1000000 (metres), found 1000001',
    ],
    ['coupon: { latitude: 91 }', 'coupon.latitude: expected a number from -90 to 90, found 91'],
    ['coupon: { longitude: -181 }', 'coupon.longitude: expected a number from -180 to 180, found -181'],
    ['coupon: { validFrom: soon }', `coupon.validFrom: ${MOMENT}, found "soon"`],
    ['coupon: { validUntil: soon }', `coupon.validUntil: ${MOMENT}, found "soon"`],
    ['coupons: [3]', 'coupons[0]: expected a section of keys, found 3'],
    ['merchants: 3', 'merchants: expected a list of merchants, found 3: a list of one is written [3]'],
    ['merchants: [3]', 'merchants[0]: expected a section of keys, found 3'],
    ['merchants: [{ merchantId: m, name: "" }]', 'merchants[0].name: expected a text, found ""'],
    ['merchants: [{ merchantId: m, tier: 3 }]', 'merchants[0].tier: expected a text, found 3'],
    ['merchants: [{ merchantId: m, category: "" }]', 'merchants[0].category: expected a text, found ""'],
    [
      'merchants: [{ merchantId: m, timeZone: Mars }]',
      'merchants[0].timeZone: expected a time zone such as "Europe/Berlin", found "Mars"',
    ],
    [
      'merchants: [{ merchantId: m, active: yes }]',
      'merchants[0].active: expected true or false, found "yes": write true',
    ],
    ['merchantsFile: ""', 'merchantsFile: expected a text, found ""'],
    [
      'pushes: 3',
      'pushes: expected a list of pushes that were sent before, found 3: a list of one is written [3]',
    ],
    ['pushes: [3]', 'pushes[0]: expected a moment such as -2h, or { at, merchantId, couponId }, found 3'],
    ['pushes: [soon]', `pushes[0]: ${MOMENT}, found "soon"`],
    ['pushes: [{ merchantId: m }]', `pushes[0].at: is missing: ${MOMENT}`],
    ['pushes: [{ at: -1h, couponId: "" }]', `pushes[0].couponId: ${ID}, found ""`],
    ['pushes: [{ at: -1h, merchantId: "" }]', `pushes[0].merchantId: ${ID}, found ""`],
  ])('%s', (line, problem) => {
    const [found, ...more] = problemsOf(exampleFile(line));
    expect(found?.replace(/^6:\d+ examples\[0\]\./, '')).toEqual(problem);
    expect(more).toEqual([]);
  });

  it.each([
    ['{ rule: "" }', 'rule: expected a text, found ""'],
    ['{ coupon: "" }', `coupon: ${ID}, found ""`],
    ['{ score: much }', 'score: expected a number, found "much"'],
    ['{ title: "" }', 'title: expected a text, found ""'],
    ['{ body: "" }', 'body: expected a text, found ""'],
    ['{ deepLink: 3 }', 'deepLink: expected a text, found 3'],
    ['{ expiresAfter: soon }', 'expiresAfter: expected a duration such as 90s, 15m, 24h or 7d, found "soon"'],
  ])('expect: %s', (expects, problem) => {
    const text = exampleFile().replace('{ outcome: queued }', expects);
    expect(problemsOf(text).map((one) => one.replace(/^5:\d+ examples\[0\]\.expect\./, ''))).toEqual([
      problem,
    ]);
  });

  it('may be as long as an id may be, and take a default away', () => {
    const lines = `coupon: { couponId: ${'i'.repeat(128)}, merchantId: m, body: ~, category: ~, deepLink: ~, discountPercent: ~, latitude: ~, longitude: ~, validFrom: ~, validUntil: ~ }
event: { timeZone: ~, locale: ~ }
merchants: [{ merchantId: m, name: ~, tier: ~, category: ~, timeZone: ~, active: ~ }]
pushes: [{ at: -1h, couponId: c, merchantId: m }]`;
    const [example] = examplesOf(exampleFile(lines));
    expect(example?.given.findMerchant('m')).toEqual({ merchantId: 'm', active: true });
    expect(example?.given.pushes).toMatchObject([{ couponId: 'c', merchantId: 'm' }]);
  });
});

describe('an unknown key is told with those that there are', () => {
  it.each([
    ['z: 1', 'name, at, maxEventAge, event, coupon, coupons, merchants, merchantsFile, pushes, expect, each'],
    [
      'event: { z: 1 }',
      'userId, occurredAt, latitude, longitude, merchantId, eventId, trigger, accuracyMeters, timeZone, locale, pushConsent',
    ],
    [
      'coupon: { z: 1 }',
      'couponId, merchantId, title, body, category, deepLink, discountPercent, distanceMeters, latitude, longitude, validFrom, validUntil',
    ],
    [
      'coupons: [{ z: 1 }]',
      'couponId, merchantId, title, body, category, deepLink, discountPercent, distanceMeters, latitude, longitude, validFrom, validUntil',
    ],
    ['merchants: [{ merchantId: m, z: 1 }]', 'merchantId, name, tier, category, timeZone, active'],
    ['pushes: [{ at: -1h, z: 1 }]', 'at, merchantId, couponId'],
  ])('%s', (line, keys) => {
    expect(problemsOf(exampleFile(line))).toEqual([
      expect.stringMatching(new RegExp(`: unknown key "z"; there are ${keys}$`)),
    ]);
  });

  it('of an expectation, of defaults and of the file', () => {
    expect(problemsOf(exampleFile().replace('outcome: queued', 'z: 1'))).toEqual([
      '5:15 examples[0].expect.z: unknown key "z"; there are outcome, reason, rule, coupon, score, title, body, deepLink, expiresAfter',
    ]);
    expect(problemsOf(exampleFile('', 'z: 1'))).toEqual([
      '3:3 defaults.z: unknown key "z"; there are at, maxEventAge, event, coupon, coupons, merchants, merchantsFile, pushes',
    ]);
    expect(problemsOf('z: 1\nexamples: []')).toEqual([
      '1:1 z: unknown key "z"; there are defaults, examples',
    ]);
    expect(problemsOf('$schema: rules-test.schema.json\nexamples: []')).toEqual([]);
  });

  it('or with the one that begins so', () => {
    expect(problemsOf(exampleFile('coupon: { dis: 3 }'))).toEqual([
      expect.stringMatching(/unknown key "dis", did you mean "discountPercent"\?$/),
    ]);
  });
});
