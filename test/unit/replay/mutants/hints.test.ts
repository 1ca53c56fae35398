/** Whoever reads that a change goes unnoticed reads which example would notice it. */
import { expect, it } from 'vitest';
import { makeMutants } from '../../../../src/replay/mutants/try-mutants.ts';
import { formatPath } from '../../../../src/rules/document/problem.ts';
import { changesOf, documentOf, mutantsOf } from './mutated.ts';

const AGE = 'an event whose age lies between the two (and a maxEventAge above both)';
const ACCURACY = 'an event whose accuracyMeters lies between the two, or on the border';
const BOOST = 'two coupons whose scores differ by 5 without the rule, or expect: { score: … }';
const between = (field: string): string => `a coupon whose ${field} lies between the two, or on the border`;

it('the kill switch’s is any that expects a push', () => {
  expect(makeMutants(documentOf('')).map(({ hint }) => hint)).toEqual([
    'any example that expects a push, or none',
  ]);
});

it.each<readonly [sections: string, hints: readonly (readonly [change: string, hint: string])[]]>([
  [
    'caps: [{ per: user+merchant, max: 2, window: 24h }]',
    [
      ['caps[0].max 1', '1 pushes before, all counted by this cap, and one more is queued'],
      ['caps[0].max 3', '2 of them before, all counted by this cap, and expect: { rule: caps[0] }'],
      [
        'caps[0].window 12h',
        'a push before that is between 12h and 24h old, and expect: { reason: cooldown }',
      ],
      ['caps[0].window 2d', 'a push before that is older than 24h, and expect: { outcome: queued }'],
      [
        'caps[0].per user',
        'pushes before that agree by user+merchant and not by user, or the other way round',
      ],
      [
        'caps[0].per user+coupon',
        'pushes before that agree by user+merchant and not by user+coupon, or the other way round',
      ],
      ['caps[0] left out', 'pushes before that only this cap counts, and expect: { rule: caps[0] }'],
    ],
  ],
  [
    'quietHours: { from: "21:00", to: "08:00" }',
    [
      ['quietHours.from 20:59', 'an event at 20:59 on the user’s clock, before 21:00'],
      ['quietHours.from 21:01', 'an event at 21:00 on the user’s clock'],
      ['quietHours.to 07:59', 'an event at 07:59 on the user’s clock, before 08:00'],
      ['quietHours.to 08:01', 'an event at 08:00 on the user’s clock'],
      ['quietHours.unknownTimeZone Etc/UTC', 'an event without a time zone, outside of quiet hours'],
      ['quietHours left out', 'an event in quiet hours, and expect: { reason: quiet_hours }'],
    ],
  ],
  [
    'event: { maxAge: 15m, maxAccuracyMeters: 50, triggers: [enter, dwell] }',
    [
      ['event.maxAge 14m', AGE],
      ['event.maxAge 16m', AGE],
      ['event.maxAccuracyMeters 49', ACCURACY],
      ['event.maxAccuracyMeters 51', ACCURACY],
      ['event.triggers[0] left out', 'an event with trigger: enter that is queued'],
      ['event.triggers[1] left out', 'an event with trigger: dwell that is queued'],
      [
        'event.triggers ["enter","dwell","exit"]',
        'an event with trigger: exit, and expect: { reason: trigger }',
      ],
      ['event.maxAge left out', 'an event that only this stops'],
      ['event.maxAccuracyMeters left out', 'an event that only this stops'],
      ['event left out', 'an event that only this stops'],
    ],
  ],
  [
    'coupon: { minDiscountPercent: 10, maxDistanceMeters: 500, minRemaining: 30m }',
    [
      ['coupon.minDiscountPercent 9', between('discountPercent')],
      ['coupon.minDiscountPercent 11', between('discountPercent')],
      ['coupon.maxDistanceMeters 499', between('distanceMeters')],
      ['coupon.maxDistanceMeters 501', between('distanceMeters')],
      ['coupon.minRemaining 29m', between('validUntil')],
      ['coupon.minRemaining 31m', between('validUntil')],
      ['coupon.minDiscountPercent left out', 'a coupon that only this excludes'],
      ['coupon.maxDistanceMeters left out', 'a coupon that only this excludes'],
      ['coupon.minRemaining left out', 'a coupon that only this excludes'],
      ['coupon left out', 'a coupon that only this excludes'],
    ],
  ],
  [
    'merchants: { allow: [a], deny: [c] }',
    [
      ['merchants.allow[0] left out', 'a coupon of a, which is queued'],
      ['merchants.deny[0] left out', 'a coupon of c, and expect: { rule: merchants.deny }'],
      ['merchants left out', 'coupons of merchants that the lists name, and of others'],
    ],
  ],
  [
    'rollout: { percent: 50 }',
    [
      ['rollout.percent 49', 'event: { userId: user-118 }'],
      ['rollout.percent 51', 'event: { userId: user-36 }'],
      ['rollout.salt ~', 'a user who takes part, and one who does not'],
      ['rollout left out', 'a user who does not take part, and expect: { reason: not_in_rollout }'],
    ],
  ],
  [
    `rules: [{ id: a, when: merchant.known, then: exclude }, { id: b, when: coupon.hasLocation, then: exclude }]`,
    [
      ['rules[0].when !merchant.known', 'a coupon that tells the two apart, and an outcome that a decides'],
      ['rules[0] then: boost, by: 1', 'a coupon that only a excludes'],
      ['rules[0] left out', 'an example that ends otherwise without a'],
      [
        'rules[1].when !coupon.hasLocation',
        'a coupon that tells the two apart, and an outcome that b decides',
      ],
      ['rules[1] then: boost, by: 1', 'a coupon that only b excludes'],
      ['rules[1] left out', 'an example that ends otherwise without b'],
      ['rules b, a', 'a coupon that both exclude, and expect: { rule: a }'],
      ['rules left out', 'any example in which a rule decides'],
    ],
  ],
  [
    'rules: [{ id: c, when: merchant.known, then: boost, by: 5 }]',
    [
      ['rules[0].when !merchant.known', 'a coupon that tells the two apart, and an outcome that c decides'],
      ['rules[0].by 4', BOOST],
      ['rules[0].by 6', BOOST],
      ['rules[0].by -5', BOOST],
      ['rules[0] then: exclude', 'a coupon that c boosts and that is queued'],
      ['rules[0] left out', 'an example that ends otherwise without c'],
    ],
  ],
  [
    'push: { title: T, body: ["{{coupon.category}}", "{{merchant.name}}"], ttl: 10m }',
    [
      ['push.title T~', 'expect: { title: … }'],
      ['push.title left out', 'expect: { title: … }'],
      ['push.body left out', 'expect: { body: … }'],
      ['push.body[0] {{coupon.category}}~', 'expect: { body: … }'],
      ['push.body[0] left out', 'expect: { body: … }, with the values that this text needs'],
      ['push.body[1] {{merchant.name}}~', 'expect: { body: … }'],
      ['push.body[1] left out', 'expect: { body: … }, with the values that this text needs'],
      ['push.body text 2 before text 1', 'expect: { body: … }, with the values that both need'],
      ['push.ttl 9m', 'expect: { expiresAfter: … }'],
      ['push.ttl 11m', 'expect: { expiresAfter: … }'],
      ['push.ttl left out', 'expect: { expiresAfter: … }'],
      ['push left out', 'any example that expects title or body'],
    ],
  ],
  [
    'push: { locales: { de: { title: D, body: B }, fr: { title: F } } }',
    [
      ['push.locales.de.title D~', 'event: { locale: de }, and expect: { title: … }'],
      ['push.locales.de.title left out', 'event: { locale: de }, and expect: { title: … }'],
      ['push.locales.de.body left out', 'event: { locale: de }, and expect: { body: … }'],
      ['push.locales.de.body B~', 'event: { locale: de }, and expect: { body: … }'],
      ['push.locales.de left out', 'an event with locale: de, and expect: { title: …, body: … }'],
      ['push.locales.fr.title F~', 'event: { locale: fr }, and expect: { title: … }'],
      ['push.locales.fr.title left out', 'event: { locale: fr }, and expect: { title: … }'],
      ['push.locales left out', 'an event with a locale'],
    ],
  ],
])('of %s', (sections, hints) => {
  expect(mutantsOf(sections).map(({ path, is, hint }) => [`${formatPath(path)} ${is}`, hint])).toEqual(hints);
});

it('what is left out whole is named', () => {
  const wholes = (sections: string): readonly string[] =>
    changesOf(sections).filter((line) => /^(rules|push\.locales)\b[.\w]*: .* → left out$/.test(line));
  const [rule, other] = ['a', 'b'].map(
    (id) => `{ id: ${id}, when: coupon.has${id === 'a' ? 'Location' : 'ValidUntil'}, then: exclude }`,
  );
  expect(wholes(`rules: [${rule!}, ${other!}]`)).toEqual(['rules: all rules → left out']);
  expect(wholes('push: { locales: { de: { title: A, body: B }, fr: { title: F } } }')).toEqual([
    'push.locales.de.title: A → left out',
    'push.locales.de.body: all texts → left out',
    'push.locales.de: the language de → left out',
    'push.locales.fr.title: F → left out',
    'push.locales: all languages → left out',
  ]);
});

it('of two caps the whole list’s is any that expects cooldown', () => {
  const caps = 'caps: [{ per: user, max: 1, window: 1d }, { per: user, max: 3, window: 7d }]';
  expect(mutantsOf(caps).at(-1)?.hint).toBe('any example that expects cooldown');
});

it('of another zone names the zone whose quiet hours count', () => {
  const hintOf = (zone: string): readonly (readonly [string, string])[] =>
    mutantsOf(`quietHours: { from: "21:00", to: "08:00", unknownTimeZone: ${zone} }`)
      .filter(({ path }) => path[1] === 'unknownTimeZone')
      .map(({ is, hint }) => [is, hint]);
  expect(hintOf('Europe/Berlin')).toEqual([
    ['suppress', 'an event without a time zone, outside of quiet hours'],
    ['Pacific/Auckland', 'an event without a time zone, at an hour that is quiet in Europe/Berlin'],
  ]);
  // One whose night is another night.
  expect(hintOf('Pacific/Fiji')[1]?.[0]).toBe('Europe/Berlin');
});

it('of a share names one of the users who are counted from 1', () => {
  const [less] = mutantsOf('rollout: { percent: 17 }');
  expect(less?.hint).toMatch(/^event: \{ userId: user-[1-9]\d* \}$/);
});
