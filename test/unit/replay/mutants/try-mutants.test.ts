/** A document is changed in one place at a time; what no example notices is told, and what means the same is not made. */
import { describe, expect, it } from 'vitest';
import { makeMutants, tryMutants } from '../../../../src/replay/mutants/try-mutants.ts';
import { formatPath } from '../../../../src/rules/document/problem.ts';
import { exampleFile, examplesOf } from '../examples/examples.ts';
import { changesOf, documentOf, mutantsOf } from './mutated.ts';

describe('the mutants of', () => {
  it.each<[string, readonly string[]]>([
    [
      'caps: [{ per: user, max: 2, window: 24h }]',
      [
        'caps[0].max: 2 → 1',
        'caps[0].max: 2 → 3',
        'caps[0].window: 24h → 12h',
        'caps[0].window: 24h → 2d',
        'caps[0].per: user → user+merchant',
        'caps[0].per: user → user+coupon',
        'caps[0]: 2 per user in 24h → left out',
      ],
    ],
    [
      'caps: [{ per: user, max: 1, window: 20d }, { per: user+merchant, max: 1, window: 1s }]',
      [
        'caps[0].max: 1 → 2',
        'caps[0].window: 20d → 10d',
        'caps[0].per: user → user+merchant',
        'caps[0].per: user → user+coupon',
        'caps[0]: 1 per user in 20d → left out',
        'caps: all of them → []',
      ],
    ],
    [
      'quietHours: { from: "21:00", to: "00:00", unknownTimeZone: Europe/Berlin }',
      [
        'quietHours.from: 21:00 → 20:59',
        'quietHours.from: 21:00 → 21:01',
        'quietHours.to: 00:00 → 23:59',
        'quietHours.to: 00:00 → 00:01',
        'quietHours.unknownTimeZone: Europe/Berlin → suppress',
        'quietHours.unknownTimeZone: Europe/Berlin → Pacific/Auckland',
        'quietHours: 21:00 to 00:00 → left out',
      ],
    ],
    [
      'quietHours: { from: "21:00", to: "21:01" }',
      [
        'quietHours.from: 21:00 → 20:59',
        'quietHours.to: 21:01 → 21:02',
        'quietHours.unknownTimeZone: suppress → Etc/UTC',
        'quietHours: 21:00 to 21:01 → left out',
      ],
    ],
    [
      'event: { maxAge: 15m, maxAccuracyMeters: 2.5, triggers: [enter, dwell] }',
      [
        'event.maxAge: 15m → 14m',
        'event.maxAge: 15m → 16m',
        'event.maxAccuracyMeters: 2.5 → 2.4',
        'event.maxAccuracyMeters: 2.5 → 2.6',
        'event.triggers[0]: enter → left out',
        'event.triggers[1]: dwell → left out',
        'event.triggers: ["enter","dwell"] → ["enter","dwell","exit"]',
        'event.maxAge: 15m → left out',
        'event.maxAccuracyMeters: 2.5 → left out',
        'event: the section → left out',
      ],
    ],
    [
      'event: { maxAge: 30d, maxAccuracyMeters: 20.25 }',
      [
        'event.maxAge: 30d → 29d',
        'event.maxAccuracyMeters: 20.25 → 20.24',
        'event.maxAccuracyMeters: 20.25 → 20.26',
        'event.maxAge: 30d → left out',
        'event.maxAccuracyMeters: 20.25 → left out',
        'event: the section → left out',
      ],
    ],
    // Less than nothing is no discount, and no discount excludes nothing.
    ['coupon: { minDiscountPercent: 0 }', ['coupon.minDiscountPercent: 0 → 1']],
    [
      'coupon: { maxDistanceMeters: 0, minRemaining: 0s }',
      [
        'coupon.maxDistanceMeters: 0 → 1',
        'coupon.minRemaining: 0s → 1s',
        'coupon.maxDistanceMeters: 0 → left out',
      ],
    ],
    ['merchants: { allow: [], deny: [] }', []],
    [
      'merchants: { allow: [a, b], deny: [c] }',
      [
        'merchants.allow[0]: a → left out',
        'merchants.allow[1]: b → left out',
        'merchants.deny[0]: c → left out',
        'merchants.allow: ["a","b"] → left out',
        'merchants: the section → left out',
      ],
    ],
    ['rollout: { percent: 100, salt: s }', ['rollout.percent: 100 → 99']],
    [
      'rollout: { percent: 50, salt: s }',
      [
        'rollout.percent: 50 → 49',
        'rollout.percent: 50 → 51',
        'rollout.salt: s → s~',
        'rollout: 50 % → left out',
      ],
    ],
    [
      'rules: [{ id: a, when: merchant.known, then: exclude }]',
      [
        'rules[0].when: merchant.known → !merchant.known',
        'rules[0]: then: exclude → then: boost, by: 1',
        'rules[0]: the rule a → left out',
      ],
    ],
    [
      'rules: [{ id: a, when: merchant.known, then: boost, by: 5 }]',
      [
        'rules[0].when: merchant.known → !merchant.known',
        'rules[0].by: 5 → 4',
        'rules[0].by: 5 → 6',
        'rules[0].by: 5 → -5',
        'rules[0]: then: boost → then: exclude',
        'rules[0]: the rule a → left out',
      ],
    ],
    [
      'push: { title: T, body: ["{{coupon.body}} now", B, never], ttl: 29m }',
      [
        'push.title: T → T~',
        'push.title: T → left out',
        'push.body: all texts → left out',
        'push.body[0]: {{coupon.body}} now → {{coupon.body}} now~',
        'push.body[0]: {{coupon.body}} now → left out',
        'push.body[1]: B → B~',
        'push.body[1]: B → left out',
        'push.ttl: 29m → 28m',
        'push.ttl: 29m → 30m',
        'push: the section → left out',
      ],
    ],
    [
      'push: { body: ["{{coupon.category}}", "{{merchant.name}}"] }',
      [
        'push.body: all texts → left out',
        'push.body[0]: {{coupon.category}} → {{coupon.category}}~',
        'push.body[0]: {{coupon.category}} → left out',
        'push.body[1]: {{merchant.name}} → {{merchant.name}}~',
        'push.body[1]: {{merchant.name}} → left out',
        'push.body: in this order → text 2 before text 1',
      ],
    ],
    [
      'push: { body: ["{{coupon.category}}", "{{merchant.name}}", "{{merchant.tier}}"] }',
      [
        'push.body: all texts → left out',
        'push.body[0]: {{coupon.category}} → {{coupon.category}}~',
        'push.body[0]: {{coupon.category}} → left out',
        'push.body[1]: {{merchant.name}} → {{merchant.name}}~',
        'push.body[1]: {{merchant.name}} → left out',
        'push.body[2]: {{merchant.tier}} → {{merchant.tier}}~',
        'push.body[2]: {{merchant.tier}} → left out',
        'push.body: in this order → text 2 before text 1',
        'push.body: in this order → text 3 before text 2',
      ],
    ],
    // As without a section: the coupon's own words, and the time that is the default.
    [
      'push: { title: "{{coupon.title}}", ttl: 30m }',
      ['push.title: {{coupon.title}} → {{coupon.title}}~', 'push.ttl: 30m → 29m', 'push.ttl: 30m → 31m'],
    ],
    [
      'push: { locales: { de: { body: B }, fr: { title: T } } }',
      [
        'push.locales.de.body: all texts → left out',
        'push.locales.de.body: B → B~',
        'push.locales.fr.title: T → T~',
        'push.locales.fr.title: T → left out',
        'push.locales: all languages → left out',
      ],
    ],
  ])('%s', (sections, expected) => {
    expect(changesOf(sections)).toEqual(expected);
  });

  it.each([
    ['enabled: false', 'false', 'true'],
    ['', 'true', 'false'],
  ])('the kill switch turn it: %s', (sections, was, is) => {
    expect(makeMutants(documentOf(sections))).toMatchObject([{ path: ['enabled'], was, is }]);
  });

  it('rules whose order decides are other orders, and of others none', () => {
    const rule = (id: string, when: string, then: string): string =>
      `{ id: ${id}, when: '${when}', then: ${then} }`;
    const a = rule('a', 'merchant.known', 'exclude');
    const b = rule('b', 'coupon.hasLocation', 'exclude');
    const c = rule('c', 'coupon.hasValidUntil', 'boost, by: 3');
    const orders = (...list: readonly string[]): readonly string[] =>
      changesOf(`rules: [${list.join(', ')}]`).filter(
        (line) => line.startsWith('rules: ') && !line.includes('left out'),
      );
    expect(orders(a, b)).toEqual(['rules: a, b → b, a']);
    expect(orders(a, c)).toEqual([]);
    expect(orders(c, c.replace('id: c', 'id: d'))).toEqual([]);
    expect(orders(a, c, b)).toEqual(['rules: a, b → b, a']);
    // One coupon is never both.
    expect(orders(a, rule('d', '!merchant.known && coupon.hasLocation', 'exclude'))).toEqual([]);
  });

  it('a cap that an earlier one makes needless are only those with which it is not', () => {
    const both = 'caps: [{ per: user, max: 1, window: 2d }, { per: user+merchant, max: 1, window: 1d }]';
    expect(changesOf(both).filter((line) => line.startsWith('caps[1]'))).toEqual([]);
    const other =
      'caps: [{ per: user+coupon, max: 1, window: 2d }, { per: user+merchant, max: 1, window: 1d }]';
    expect(changesOf(other).filter((line) => line.startsWith('caps[1]'))).toHaveLength(5);
  });

  it('a long list are those of its first entries', () => {
    const ids = Array.from({ length: 500 }, (_, index) => `m-${String(index)}`);
    expect(changesOf(`merchants: { deny: [${ids.join(', ')}] }`)).toHaveLength(21);
  });

  it('a long text are told by its beginning', () => {
    const [whole, long] = ['w'.repeat(80), 'l'.repeat(81)];
    expect(mutantsOf(`push: { title: ${whole} }`)[1]?.was).toBe(whole);
    expect(mutantsOf(`push: { title: ${long} }`)[1]?.was).toBe(`${'l'.repeat(77)}...`);
  });
});

describe('a mutant', () => {
  const sections = 'coupon: { minDiscountPercent: 10 }';
  const tried = (...lines: readonly string[]) =>
    tryMutants(
      documentOf(sections),
      lines.flatMap((more) =>
        examplesOf(
          exampleFile(more).replace(
            'outcome: queued',
            more.includes('9') ? 'outcome: filtered' : 'outcome: queued',
          ),
        ),
      ),
    );

  it('that no example notices is told, with what would notice it', async () => {
    const { mutants: all, unnoticed } = await tried('coupon: { discountPercent: 10 }');
    expect(all).toBe(4);
    expect(unnoticed.map(({ path, was, is, hint }) => [formatPath(path), was, is, hint])).toEqual([
      [
        'coupon.minDiscountPercent',
        '10',
        '9',
        'a coupon whose discountPercent lies between the two, or on the border',
      ],
      ['coupon.minDiscountPercent', '10', 'left out', 'a coupon that only this excludes'],
    ]);
  });

  it('that an example notices is not', async () => {
    expect(
      (await tried('coupon: { discountPercent: 10 }', 'coupon: { discountPercent: 9 }')).unnoticed,
    ).toEqual([]);
  });

  it('of a share names a user who tells it', () => {
    const [, share] = makeMutants(documentOf('rollout: { percent: 100, salt: launch }'));
    expect(share?.hint).toBe('event: { userId: user-160 }');
  });
});
