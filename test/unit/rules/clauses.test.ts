/** Each clause of a condition comes with what the evaluator made of it, and with the text that its author wrote. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClauseListener, type Clause, type ClauseValue } from '../../../src/rules/language/clauses.ts';
import { parseTree } from '../../../src/rules/language/condition-tree.ts';
import { compileExpression } from '../../../src/rules/language/expression.ts';
import {
  couponVariables,
  eventVariables,
  merchantVariables,
  type Variables,
} from '../../../src/rules/language/variables.ts';
import { coupon, NOW } from './documents.ts';

const variables: Variables = {
  event: eventVariables(
    {
      ...{ eventId: 'e-1', userId: 'u-1', occurredAtMs: NOW, latitude: 0, longitude: 0 },
      ...{ trigger: 'enter', pushConsent: true },
    },
    { nowMs: NOW, timeZoneKnown: true, local: { hour: 11, weekday: 2 } },
  ),
  coupon: couponVariables(coupon('c-1', { category: 'wine' }), 300, NOW),
  merchant: merchantVariables('m-1', undefined),
};

/** @returns what the condition came to, or the error; and what was heard of its clauses. */
function hear(text: string): { readonly came: boolean | 'failed'; readonly clause: Clause } {
  const listener = createClauseListener();
  const compiled = compileExpression(text, listener.attach);
  if (!compiled.ok) expect.fail(compiled.message);
  listener.begin();
  let came: boolean | 'failed' = 'failed';
  try {
    came = compiled.condition(variables);
  } catch {
    // It is heard, too.
  }
  return { came, clause: listener.read() };
}

const shown = (value: ClauseValue): unknown => (value.kind === 'value' ? value.value : value.kind);
const all = (clause: Clause): readonly (readonly [string, unknown])[] => [
  [clause.text, shown(clause.value)],
  ...clause.parts.flatMap(all),
];

describe('a clause', () => {
  it('has its value, and the values in it', () => {
    expect(all(hear('coupon.category == "wine" && event.localHour < 12').clause)).toEqual([
      ['coupon.category == "wine" && event.localHour < 12', true],
      ['coupon.category == "wine"', true],
      ['coupon.category', 'wine'],
      ['event.localHour < 12', true],
      ['event.localHour', 11],
    ]);
  });

  it.each([
    ['merchant.known && event.localHour < 12', 'event.localHour < 12'],
    ['event.localHour < 12 || merchant.known', 'merchant.known'],
    ['event.localHour < 12 ? coupon.hasLocation : merchant.known', 'merchant.known'],
  ])('of %s is not asked once the ones before have decided', (text, notAsked) => {
    expect(all(hear(text).clause)).toContainEqual([notAsked, 'not_asked']);
  });

  it('that fails says so, and one beside it may still decide', () => {
    const { came, clause } = hear('int(coupon.title) > 1 && merchant.known');
    expect(came).toBe(false);
    expect(clause.parts.map(({ value }) => shown(value))).toEqual(['failed', false]);
    expect(hear('int(coupon.title) > 1').clause.value).toMatchObject({ kind: 'failed' });
  });

  it('has both sides of a comparison, worked out', () => {
    expect(all(hear('coupon.discountPercent * 2.0 > event.localHour + 1').clause).slice(1)).toEqual([
      ['coupon.discountPercent * 2.0', 40],
      ['coupon.discountPercent', 20],
      ['event.localHour + 1', 12],
      ['event.localHour', 11],
    ]);
  });

  it('that is a function or a loop has the variables in it, each once', () => {
    const text = '["wine", "beer"].exists(drink, drink == coupon.category || drink == coupon.category)';
    expect(all(hear(text).clause)).toEqual([
      [text, true],
      ['coupon.category', 'wine'],
    ]);
    expect(all(hear('coupon.title.matches("of c")').clause).slice(1)).toEqual([
      ['coupon.title', 'Title of c-1'],
    ]);
  });

  it('is heard anew each time', () => {
    const listener = createClauseListener();
    const compiled = compileExpression('merchant.known || coupon.hasLocation', listener.attach);
    if (!compiled.ok) expect.fail(compiled.message);
    const ask = (known: boolean): unknown => {
      listener.begin();
      compiled.condition({ ...variables, merchant: { ...variables.merchant, known } });
      return listener.read().parts.map(({ value }) => shown(value));
    };
    expect([ask(false), ask(true)]).toEqual([
      [false, true],
      [true, 'not_asked'],
    ]);
  });
});

describe('the text of a clause', () => {
  it.each([
    [
      '(merchant.known || coupon.hasLocation) && event.timeZoneKnown',
      '(merchant.known || coupon.hasLocation)',
    ],
    ['!(coupon.category == ")") && merchant.known', '!(coupon.category == ")")'],
    [
      'merchant.known && (coupon.hasLocation || ((event.localHour)) > 3)',
      '(coupon.hasLocation || ((event.localHour)) > 3)',
    ],
    ["coupon.title == '(\\'(' && (merchant.known)", "coupon.title == '(\\'('"],
    ['merchant.known && // a (comment\n coupon.hasLocation', 'merchant.known'],
    ['coupon.title.matches(r"\\(") && merchant.known', 'coupon.title.matches(r"\\(")'],
  ])('of %s is whole: %s', (text, part) => {
    const texts = all(hear(text).clause).map(([one]) => one.replace(/^\((.*)\)$/, '$1'));
    expect(texts).toContain(part.replace(/^\((.*)\)$/, '$1'));
  });

  const atom = fc.constantFrom(
    'merchant.known',
    'coupon.hasLocation',
    'event.localHour < 12',
    '(event.localHour + 1) * 2.0 > (coupon.discountPercent - (3.0 - 1.0))',
    'coupon.category == ")("',
    'coupon.category in ["wine", "(beer"]',
    'int(coupon.title) > 1',
    'coupon.title.contains("(")',
  );
  const { condition } = fc.letrec<{ condition: string; joined: string }>((tie) => ({
    condition: fc.oneof({ maxDepth: 4 }, atom, tie('joined')),
    joined: fc.oneof(
      fc
        .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
        .map(([left, sign, right]) => `(${left}) ${sign} (${right})`),
      fc.tuple(tie('condition'), fc.constantFrom('&&', '||'), atom).map((parts) => parts.join(' ')),
      tie('condition').map((inner) => `!(${inner})`),
      fc.tuple(tie('condition'), atom, atom).map(([asked, yes, no]) => `((${asked}) ? ${yes} : (${no}))`),
    ),
  }));

  it('compiles by itself to the same value, whatever stands around it', () => {
    let asked = 0;
    fc.assert(
      fc.property(condition, (text) => {
        const listener = createClauseListener();
        const compiled = compileExpression(text, listener.attach);
        if (!compiled.ok) return;
        const heard = hear(text);
        expect(shown(heard.clause.value)).toBe(heard.came);
        const check = (clause: Clause): void => {
          if (typeof shown(clause.value) === 'boolean') {
            asked += 1;
            expect(parseTree(clause.text)).toBeDefined();
            expect(hear(clause.text).came, `${clause.text} in ${text}`).toBe(shown(clause.value));
          }
          clause.parts.forEach(check);
        };
        check(heard.clause);
      }),
      { numRuns: 300 },
    );
    expect(asked).toBeGreaterThan(500);
  });
});
