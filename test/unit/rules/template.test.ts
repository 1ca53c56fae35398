/** Push texts: filled whole or not at all, in the reader's language, and never with a place in them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate, TEMPLATE_VARIABLES } from '../../../src/rules/language/template.ts';
import { createPushText } from '../../../src/rules/push-text.ts';
import type { Coupon } from '../../../src/domain/coupon.ts';
import { coupon, NOW, problems, document, rank, rules, type Scene } from './documents.ts';

function text(push: string, scene: Scene = {}, changes = {}) {
  return rank(rules(`push: ${push}`), [coupon('c-1', changes)], scene).candidates[0]?.text();
}

/** 111 m north of the event. */
const near = { latitude: 52.521, longitude: 13.405 };

describe('without a push section', () => {
  it('the coupon speaks for itself', () => {
    const [candidate] = rank(rules(), [
      coupon('c-1', { body: 'Own body', deepLink: 'app://c-1' }),
    ]).candidates;
    expect(candidate?.text()).toEqual({ title: 'Title of c-1', body: 'Own body', deepLink: 'app://c-1' });
    expect(rules().pushTtlMs).toBe(30 * 60_000);
  });

  it('a coupon without a body has a push without one', () => {
    expect(rank(rules(), [coupon('c-1')]).candidates[0]?.text()).toEqual({ title: 'Title of c-1' });
  });

  it.each([{}, { body: '' }])('what a coupon lacks (%j) is no field of its push', (changes) => {
    const [candidate] = rank(rules(), [coupon('c-1', changes)]).candidates;
    expect(Object.keys(candidate?.text() ?? {})).toEqual(['title']);
  });
});

describe('values', () => {
  it('metres are whole', () => {
    expect(text('{ body: ["{{coupon.distanceMeters}} m"] }', {}, near)?.body).toBe('111 m');
  });

  it('come from the coupon, its merchant and the event', () => {
    const body = '{{ coupon.discountPercent }}% {{coupon.category}} at {{merchant.name}}, {{event.trigger}}';
    const merchants = [{ merchantId: 'm-1', name: 'Bean There', active: true }];
    const push = text(`{ body: ["${body}"] }`, { merchants }, { category: 'coffee', discountPercent: 12.5 });
    expect(push?.body).toBe('12.5% coffee at Bean There, enter');
  });

  const everything: Partial<Coupon> = {
    merchantId: 'm-2',
    body: 'Own body',
    category: 'coffee',
    discountPercent: 33.3349,
    validUntilMs: NOW + 61.9 * 60_000,
    ...near,
  };
  const scene: Scene = {
    event: { merchantId: 'm-9', locale: 'de-AT' },
    merchants: [{ merchantId: 'm-2', name: 'Bean There', tier: 'gold', category: 'cafe', active: true }],
  };

  it.each([
    ['coupon.couponId', 'c-1'],
    ['coupon.merchantId', 'm-2'],
    ['coupon.title', 'Title of c-1'],
    ['coupon.body', 'Own body'],
    ['coupon.category', 'coffee'],
    ['coupon.discountPercent', '33.33'],
    ['coupon.distanceMeters', '111'],
    ['coupon.remainingMinutes', '61'],
    ['merchant.merchantId', 'm-2'],
    ['merchant.name', 'Bean There'],
    ['merchant.tier', 'gold'],
    ['merchant.category', 'cafe'],
    ['event.trigger', 'enter'],
    ['event.merchantId', 'm-9'],
    ['event.locale', 'de-AT'],
    ['event.localHour', '13'],
  ])('{{%s}} is %s', (name, value) => {
    expect(text(`{ title: "<{{${name}}}>" }`, scene, everything)?.title).toBe(`<${value}>`);
  });

  it.each([
    'coupon.category',
    'coupon.distanceMeters',
    'coupon.remainingMinutes',
    'merchant.name',
    'merchant.tier',
    'merchant.category',
    'event.merchantId',
    'event.locale',
    'event.localHour',
  ])('without {{%s}} there is no such text', (name) => {
    expect(text(`{ title: "<{{${name}}}>" }`, { timeZone: undefined })?.title).toBe('Title of c-1');
  });

  it('a discount of 0 is a value', () => {
    expect(text('{ title: "{{coupon.discountPercent}}" }', {}, { discountPercent: 0 })?.title).toBe('0');
  });

  it('a text that braces stand in is left alone', () => {
    expect(text('{ title: "{a} }} {b" }')?.title).toBe('{a} }} {b');
  });

  it('are not read as templates themselves', () => {
    expect(text('{ title: "{{coupon.title}}" }', {}, { title: '{{coupon.body}} $& $1' })?.title).toBe(
      '{{coupon.body}} $& $1',
    );
  });
});

describe('a body', () => {
  it('is one text, or the first of a list that can be filled', () => {
    expect(text('{ body: "Near you" }')?.body).toBe('Near you');
    expect(text('{ body: "{{merchant.name}}" }', {}, { body: 'Own' })?.body).toBe('Own');
    const locales = '{ body: "Here", locales: { de: { body: "Hier" } } }';
    expect(text(locales, { event: { locale: 'de-AT' } })?.body).toBe('Hier');
  });

  it('that long values have made too long is none', () => {
    const body = '["{{coupon.body}}{{coupon.body}}", "short"]';
    expect(text(`{ body: ${body} }`, {}, { body: 'x'.repeat(2048) })?.body).toHaveLength(4096);
    expect(text(`{ body: ${body} }`, {}, { body: 'x'.repeat(2049) })?.body).toBe('short');
  });
});

describe('a missing value', () => {
  const bodies =
    '{ body: ["Only {{coupon.distanceMeters}} m away", "At {{merchant.name}}", "Near you now"] }';

  it('the first body counts whose values are all there', () => {
    expect(text(bodies, {}, near)?.body).toBe('Only 111 m away');
    expect(text(bodies)?.body).toBe('Near you now');
  });

  it('an empty value is a missing one', () => {
    const merchants = [{ merchantId: 'm-1', name: '', active: true }];
    expect(text(bodies, { merchants })?.body).toBe('Near you now');
  });

  it("where no body can be filled, the coupon's own serves", () => {
    expect(text('{ body: ["At {{merchant.name}}"] }', {}, { body: 'Own' })).toMatchObject({ body: 'Own' });
    expect(text('{ body: ["At {{merchant.name}}"] }')).not.toHaveProperty('body');
  });

  it("a title that can't be filled gives way to the coupon's own", () => {
    expect(text('{ title: "{{merchant.name}}: {{coupon.title}}" }')?.title).toBe('Title of c-1');
  });
});

describe('languages', () => {
  const push =
    '{ title: "Hello", body: ["Now"], locales: { de: { body: ["Jetzt"] }, pt-BR: { title: "Oi" } } }';

  it.each([
    [undefined, 'Hello', 'Now'],
    ['en', 'Hello', 'Now'],
    ['de', 'Hello', 'Jetzt'],
    ['de-AT', 'Hello', 'Jetzt'],
    ['de-Latn-AT-u-co-phonebk', 'Hello', 'Jetzt'],
    ['pt-BR', 'Oi', 'Now'],
    ['pt', 'Hello', 'Now'],
  ])('%s', (locale, title, body) => {
    expect(text(push, locale === undefined ? {} : { event: { locale } })).toEqual({ title, body });
  });

  it('a script is a parent of its own', () => {
    const scripts = '{ title: "A", locales: { zh: { title: "B" }, zh-Hant: { title: "C" } } }';
    const titles = ['zh-Hant-TW', 'zh-Hans-CN', 'zh', 'en'].map(
      (locale) => text(scripts, { event: { locale } })?.title,
    );
    expect(titles).toEqual(['C', 'B', 'B', 'A']);
  });

  it('a language is found however it is spelt', () => {
    expect(
      text('{ title: "A", locales: { DE-at: { title: "B" } } }', { event: { locale: 'de-AT' } })?.title,
    ).toBe('B');
  });
});

describe('checked when loaded', () => {
  it.each([
    ['{{coupon.titel}}', 3, /unknown variable .*did you mean "coupon.title"/],
    ['{{coupon.latitude}}', 3, /coordinates/],
    ['{{event.longitude}}', 3, /coordinates/],
    ['{{event.userId}}', 3, /unknown variable/],
    ['{{coupon.title', 3, /no "}}"/],
    ['{{}}', 3, /unknown variable/],
    ['{{latitude}}', 3, /unknown variable {{latitude}}; there are coupon.couponId, coupon.merchantId, /],
    ['{{coupon.latitudes}}', 3, /unknown variable/],
    [
      '{{coupon.title}} {{coupon.titel}}',
      20,
      /^unknown variable {{coupon.titel}}; did you mean "coupon.title"\?$/,
    ],
    ['{{coupon.title}', 3, /^this "{{" has no "}}"$/],
    ['}} {{coupon.title', 6, /no "}}"/],
    ['{{coupon.distanceMeters', 3, /no "}}"/],
  ])('%s', (template, offset, message) => {
    const [found] = problems(document(`push:\n  title: "a: ${template}"\n`));
    expect(found?.[0]).toBe(`4:${String(11 + offset)} push.title`);
    expect(found?.[1]).toMatch(message);
  });

  it('a text that slips past the check is a defect, and no push', () => {
    expect(() => createPushText({ title: 'At {{shop.name}}' })).toThrow(/unknown variable {{shop.name}}/);
  });

  it('any text is either refused or fills without throwing', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('{{', '}}', ...TEMPLATE_VARIABLES));
    const values = {
      coupon: {
        couponId: 'c',
        merchantId: 'm',
        title: 't',
        body: undefined,
        category: undefined,
        discountPercent: undefined,
        distanceMeters: undefined,
        remainingMinutes: undefined,
      },
      merchant: { merchantId: 'm', name: undefined, tier: undefined, category: undefined },
      event: { trigger: 'enter', merchantId: undefined, locale: undefined, localHour: undefined },
    };
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const source = pieces.join('');
        const compiled = compileTemplate(source);
        if (!source.includes('{{')) expect(compiled.ok && compiled.template(values)).toBe(source);
        else if (compiled.ok) expect(compiled.template(values) ?? '').not.toMatch(/undefined|NaN/);
        else expect(compiled.offset).toBeLessThan(source.length);
      }),
    );
  });
});
