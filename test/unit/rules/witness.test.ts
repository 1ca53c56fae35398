/** A witness hears every limit, rule and text that a ranking comes to, and none that it does not come to. */
import { expect, it } from 'vitest';
import { compileRules } from '../../../src/rules/document/compile-rules.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import type { RulesWitness } from '../../../src/rules/witness.ts';
import { coupon, document, rank } from './documents.ts';

function hear(sections: string, ...coupons: Parameters<typeof rank>[1]) {
  const heard: string[] = [];
  const witness: RulesWitness = {
    limit: (path, couponId, isBroken) => heard.push(`${couponId} ${path} ${String(isBroken)}`),
    rule: (index, couponId, holds) => heard.push(`${couponId} rule ${String(index)} ${String(holds)}`),
    text: (path) => heard.push(path),
  };
  const parsed = parseRules(document(sections));
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  const ranking = rank(compileRules(parsed.document, '', witness), coupons, { event: { locale: 'de' } });
  return { heard, texts: ranking.candidates.map(({ text }) => text()), ranking };
}

it('of limits up to the one that is broken, and of no rule then', () => {
  const { heard } = hear(
    'coupon: { minDiscountPercent: 30, minRemaining: 1h }\nrules: [{ id: a, when: merchant.known, then: exclude }]',
    coupon('c-1'),
  );
  expect(heard).toEqual([
    'c-1 merchants.deny false',
    'c-1 merchants.allow false',
    'c-1 merchant.active false',
    'c-1 coupon.validFrom false',
    'c-1 coupon.validUntil false',
    'c-1 coupon.minDiscountPercent true',
  ]);
});

it('of merchants up to the limit that is broken', () => {
  expect(hear('merchants: { deny: [m-1] }', coupon('c-1')).heard).toEqual(['c-1 merchants.deny true']);
  expect(hear('merchants: { allow: [m-2] }', coupon('c-1')).heard).toEqual([
    'c-1 merchants.deny false',
    'c-1 merchants.allow true',
  ]);
});

it('of rules up to the one that excludes', () => {
  const rules = `rules:
  - { id: a, when: coupon.couponId == "c-2", then: boost, by: 1 }
  - { id: b, when: coupon.couponId == "c-1", then: exclude }
  - { id: c, when: merchant.known, then: exclude }`;
  const { heard } = hear(rules, coupon('c-1'), coupon('c-2'));
  expect(heard.filter((line) => line.includes('rule'))).toEqual([
    'c-1 rule 0 false',
    'c-1 rule 1 true',
    'c-2 rule 0 true',
    'c-2 rule 1 false',
    'c-2 rule 2 false',
  ]);
});

it('of texts that are used, under the document’s name for them', () => {
  const push = `push:
  title: T
  body: B
  locales: { de: { body: ['{{coupon.category}}', 'Nah'] } }`;
  const { heard, texts } = hear(push, coupon('c-1'));
  expect(texts).toEqual([{ title: 'T', body: 'Nah' }]);
  expect(heard.slice(-2)).toEqual(['push.title', 'push.locales.de.body[1]']);
  expect(hear('push: { body: B }', coupon('c-1')).heard.at(-1)).toBe('push.body');
});
