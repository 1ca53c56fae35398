/** What holds for every document of a kind: windows, growth of a rollout, distance, ties, and texts in any language. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceMeters } from '../../../src/rules/distance.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { coupon, document, problems, rank, ranked, rules } from './documents.ts';

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const MAX_WINDOW_MS = 30 * UNITS.d;

describe('a window', () => {
  it('is taken from 1s to 30d, in every unit, and is so many ms', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3_000_000 }),
        fc.constantFrom('s', 'm', 'h', 'd'),
        (count, unit) => {
          const window = `${String(count)}${unit}`;
          const ms = count * UNITS[unit];
          const text = `version: v\ncaps: [{ per: user, max: 1, window: ${window} }]\n`;
          const isWithin = ms >= 1000 && ms <= MAX_WINDOW_MS;
          const parsed = parseRules(text);
          if (isWithin) expect(parsed).toMatchObject({ ok: true, rules: { caps: [{ windowMs: ms }] } });
          else expect(problems(text).map(([where]) => where)).toEqual(['2:37 caps[0].window']);
        },
      ),
    );
  });
});

describe('a rollout', () => {
  it('that is raised removes nobody, whatever its salt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        fc.stringMatching(/^[a-z0-9]{0,20}$/),
        fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 50 }),
        (one, other, salt, users) => {
          const [before, after] = [Math.min(one, other), Math.max(one, other)].map((percent) =>
            rules(`rollout: { percent: ${String(percent / 100)}, salt: "${salt}" }`),
          );
          for (const user of users) {
            if (before?.inRollout(user) === true) expect(after?.inRollout(user)).toBe(true);
          }
        },
      ),
    );
  });
});

const place = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

describe('a distance', () => {
  it('is no longer than the way by a third place', () => {
    fc.assert(
      fc.property(place, place, place, (a, b, c) => {
        expect(distanceMeters(a, c)).toBeLessThanOrEqual(distanceMeters(a, b) + distanceMeters(b, c) + 1e-2);
      }),
    );
  });

  it('of a coupon decides by its own metre', () => {
    const far = (meters: number) => coupon('c', { latitude: 52.52 + meters / 111_195.08, longitude: 13.405 });
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 500_000 }), (most) => {
        const ruleset = rules(`coupon: { maxDistanceMeters: ${String(most)} }`);
        expect(ranked(ruleset, [far(most - 1)])).toEqual(['c']);
        expect(ranked(ruleset, [far(most + 1)])).toEqual([]);
      }),
    );
  });
});

describe('a tie', () => {
  it('goes by couponId, whatever the order, the ids and the boosts that led to it', () => {
    const ruleset = rules('rules: [{ id: less, when: \'coupon.category == "less"\', then: boost, by: 5 }]');
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 12 }), (ids) => {
        // A discount of 15 with a boost of 5 is as good as one of 20.
        const coupons = ids.map((id, at) =>
          at % 2 === 0
            ? coupon(id, { discountPercent: 20 })
            : coupon(id, { discountPercent: 15, category: 'less' }),
        );
        const inOrder = ids.toSorted((a, b) => (a < b ? -1 : 1));
        expect(ranked(ruleset, coupons)).toEqual(inOrder);
        expect(ranked(ruleset, coupons.toReversed())).toEqual(inOrder);
      }),
    );
  });
});

describe('texts in a language', () => {
  const chain = ['zh-Hant-TW', 'zh-Hant', 'zh'];

  it('title and body fall back each for itself, from the nearest language to the texts above', () => {
    fc.assert(
      fc.property(
        fc.subarray(chain),
        fc.subarray(chain),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('zh-Hant-TW', 'zh-Hant-HK', 'zh-Hant', 'zh-TW', 'zh', 'de'),
        (titles, bodies, ownTitle, ownBody, locale) => {
          const words = (tag: string, hasTitle: boolean, hasBody: boolean): string =>
            [hasTitle ? `title: "title ${tag}"` : '', hasBody ? `body: "body ${tag}"` : '']
              .filter((part) => part !== '')
              .join(', ');
          const locales = chain
            .filter((tag) => titles.includes(tag) || bodies.includes(tag))
            .map((tag) => `${tag}: { ${words(tag, titles.includes(tag), bodies.includes(tag))} }`);
          const own = words('own', ownTitle, ownBody);
          const section = [own, `locales: { ${locales.join(', ')} }`]
            .filter((part) => part !== '')
            .join(', ');
          const ruleset = rules(`push: { ${section} }`);
          const [candidate] = rank(ruleset, [coupon('c', { title: 'the coupon', body: 'its body' })], {
            event: { locale },
          }).candidates;
          const nearest = (tags: readonly string[]): string | undefined =>
            chain.find((tag) => tags.includes(tag) && (locale === tag || locale.startsWith(`${tag}-`)));
          const expected = (kind: string, tags: readonly string[], hasOwn: boolean, last: string): string => {
            const tag = nearest(tags) ?? (hasOwn ? 'own' : undefined);
            return tag === undefined ? last : `${kind} ${tag}`;
          };
          expect(candidate?.text()).toEqual({
            title: expected('title', titles, ownTitle, 'the coupon'),
            body: expected('body', bodies, ownBody, 'its body'),
          });
        },
      ),
    );
  });

  it('a language that is none is refused, at its key', () => {
    expect(problems(document('push: { locales: { de_: { title: x } } }'))).toMatchObject([
      ['3:20 push.locales.de_', /a language such as de or pt-BR/],
    ]);
  });
});
