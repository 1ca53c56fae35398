/** A document is taken whole or refused whole, with every fault at its place, whatever text comes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMerchants } from '../../../src/rules/document/merchants.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { document, problems, rules } from './documents.ts';

const example = readFileSync('rules/default.yaml', 'utf8');

describe('the example', () => {
  it('is valid, and its merchants are', () => {
    const parsed = parseRules(example);
    expect(parsed).toMatchObject({ ok: true, rules: { enabled: true, triggers: ['enter', 'dwell'] } });
    const merchants = parseMerchants(readFileSync('rules/merchants.json', 'utf8'));
    expect(merchants.ok && merchants.merchants.find('m-closed')).toMatchObject({ active: false });
  });
});

describe('defaults', () => {
  it('of everything but version and caps', () => {
    expect(rules()).toMatchObject({
      version: 'v1',
      enabled: true,
      caps: [{ per: 'user', max: 1, windowMs: 86_400_000 }],
      maxEventAgeMs: undefined,
      maxAccuracyMeters: undefined,
      triggers: undefined,
      pushTtlMs: 1_800_000,
    });
    expect(rules().inRollout('anybody')).toBe(true);
    expect(rules().quietHours(undefined, 0)).toEqual({ quiet: false, nextStartMs: undefined });
  });
});

it('a version carries the hash of its bytes, of the text where there are none', () => {
  const hash = createHash('sha256').update(document()).digest('hex').slice(0, 12);
  expect(rules().hash).toBe(hash);
  const parsed = parseRules(document(), 'of-the-bytes');
  expect(parsed).toMatchObject({ ok: true, rules: { hash: 'of-the-bytes' } });
});

describe('sections', () => {
  it('reach the rules', () => {
    const parsed = parseRules(`
version: v2
enabled: false
caps:
  - { per: user+merchant, max: 3, window: 90s }
  - { per: user+coupon, max: 1000, window: 30d }
event: { maxAge: 10m, maxAccuracyMeters: 99.5, triggers: [exit] }
push: { ttl: 2h }
rollout: { percent: 0 }
`);
    expect(parsed).toMatchObject({
      ok: true,
      rules: {
        version: 'v2',
        enabled: false,
        caps: [
          { per: 'user+merchant', max: 3, windowMs: 90_000 },
          { per: 'user+coupon', max: 1000, windowMs: 30 * 86_400_000 },
        ],
        maxEventAgeMs: 600_000,
        maxAccuracyMeters: 99.5,
        triggers: ['exit'],
        pushTtlMs: 7_200_000,
      },
    });
    expect(parsed.ok && parsed.rules.inRollout('anybody')).toBe(false);
  });

  it('JSON is a way to write it, tabs and all', () => {
    expect(
      parseRules(
        '{\n\t"version": "v1",\n\t"caps": [\n\t\t{ "per": "user", "max": 1, "window": "1s" }\n\t]\n}',
      ).ok,
    ).toBe(true);
  });

  it('an anchor may serve twice', () => {
    const text = 'version: v1\ncaps: [{ per: user, max: 1, window: &day 24h }]\npush: { ttl: *day }\n';
    expect(parseRules(text)).toMatchObject({ ok: true, rules: { pushTtlMs: 86_400_000 } });
  });
});

/** [what is below a minimal document of two lines, where, what is said]. */
const faults: [string, string, RegExp][] = [
  ['enabled: yes', '3:10 enabled', /true or false, found "yes"/],
  ['coupn: {}', '3:1 coupn', /unknown key "coupn", did you mean "coupon"/],
  ['maxAge: 3m', '3:1 maxAge', /belongs to event/],
  ['frobnicate: 1', '3:1 frobnicate', /there are version, enabled, caps/],
  ['quietHours: { from: "21:00", to: "24:00" }', '3:34 quietHours.to', /"00:00" to "23:59", found "24:00"/],
  ['quietHours: { from: "9:00", to: "10:00" }', '3:21 quietHours.from', /found "9:00"/],
  ['quietHours: { from: "21:00", to: "21:00" }', '3:34 quietHours.to', /all day or never/],
  ['quietHours: { from: "21:00" }', '3:13 quietHours.to', /is missing/],
  [
    'quietHours: { from: "21:00", to: "22:00", unknownTimeZone: Mars/Base }',
    '3:60 quietHours.unknownTimeZone',
    /Mars/,
  ],
  [
    'quietHours: { from: "21:00", to: "22:00", unknownTimeZone: +02:00 }',
    '3:60 quietHours.unknownTimeZone',
    /zone/,
  ],
  ['event: { maxAge: 31d }', '3:18 event.maxAge', /1s to 30d, found "31d"/],
  ['event: { maxAge: 15 }', '3:18 event.maxAge', /found 15/],
  ['event: { maxAccuracyMeters: -1 }', '3:29 event.maxAccuracyMeters', /found -1/],
  ['event: { maxAccuracyMeters: .nan }', '3:29 event.maxAccuracyMeters', /found NaN/],
  ['event: { triggers: [] }', '3:20 event.triggers', /at least one/],
  ['event: { triggers: [leave] }', '3:21 event.triggers[0]', /enter, dwell, exit, found "leave"/],
  ['coupon: { minDiscountPercent: 101 }', '3:31 coupon.minDiscountPercent', /0 to 100/],
  ['coupon: { maxDistanceMeters: "1500" }', '3:30 coupon.maxDistanceMeters', /a number/],
  ['coupon:', '3:8 coupon', /found nothing/],
  ['merchants: { deny: m-1 }', '3:20 merchants.deny', /a list of merchantIds/],
  ['rollout: { percent: 101 }', '3:21 rollout.percent', /0 to 100/],
  ['rollout: { salt: x }', '3:10 rollout.percent', /is missing/],
  ['rules: [{ id: "A B", when: "true", then: exclude }]', '3:15 rules[0].id', /letters/],
  ['rules: [{ id: "", when: "true", then: exclude }]', '3:15 rules[0].id', /letters/],
  ['rules: [{ id: a, when: "true", then: boost }]', '3:9 rules[0].by', /is missing/],
  [
    'rules: [{ id: a, when: "true", then: exclude, by: 3 }]',
    '3:47 rules[0].by',
    /only a rule with "then: boost"/,
  ],
  [
    'rules: [{ id: a, when: "true", then: drop }]',
    '3:38 rules[0].then',
    /"exclude" or "boost", found "drop"/,
  ],
  ['rules: [{ id: a, when: true, then: exclude }]', '3:24 rules[0].when', /a condition/],
  ['rules: [{ id: a, when: "true", then: boost, by: .inf }]', '3:49 rules[0].by', /-1000 to 1000/],
  ['push: { body: 7 }', '3:15 push.body', /a text, or a list of texts, found 7/],
  ['push: { body: "" }', '3:15 push.body', /a text/],
  ['push: { body: "a {{x}}" }', '3:18 push.body', /unknown variable/],
  ['push: { body: ["a {{x}}"] }', '3:19 push.body[0]', /unknown variable/],
  ['push: { body: [] }', '3:15 push.body', /at least one text/],
  ['push: { ttl: 0s }', '3:14 push.ttl', /1s to 7d/],
  ['push: { locales: { "not a tag": { title: x } } }', '3:20 push.locales.not a tag', /a language/],
];

describe('a fault is said at its place', () => {
  it.each(faults)('%s', (section, where, message) => {
    const found = problems(document(section));
    expect(found.map(([place]) => place)).toEqual([where]);
    expect(found[0]?.[1]).toMatch(message);
  });

  it.each([
    ['caps: []', '1:1 version', /version .*is missing|is missing/],
    ['version: v1', '1:1 caps', /is missing/],
    ['version: 2026\ncaps: []', '1:10 version', /in quotes\), found 2026/],
    ['version: ""\ncaps: []', '1:10 version', /1–100 characters/],
    ['version: v\ncaps: [{ per: user, max: 1, window: 31d }]', '2:37 caps[0].window', /1s to 30d/],
    ['version: v\ncaps: [{ per: user, max: 0, window: 1d }]', '2:26 caps[0].max', /1 to 1000/],
    ['version: v\ncaps: [{ per: user, max: 1.5, window: 1d }]', '2:26 caps[0].max', /whole number/],
    ['version: v\ncaps: [{ per: merchant, max: 1, window: 1d }]', '2:15 caps[0].per', /user\+merchant/],
    ['', '1:1 ', /empty/],
    ['# nothing but a comment\n', '1:1 ', /empty/],
    ['- a\n- b', '1:1 ', /a document with version and caps, found a list/],
    ['version: v\nversion: w\ncaps: []', '2:1 version', /there twice/],
    ['{"version":"v","caps":[],"caps":[]}', '1:26 caps', /there twice/],
    ['version: v\ncaps: []\n---\nversion: w', '3:1 ', /a file holds one/],
    ['version: v\n\tcaps: []', '2:1 ', /spaces/],
    ['version: !secret v\ncaps: []', '1:10 ', /tag/],
    ['version: "v\ncaps: []', '1:10 ', /quote/],
    ['version: *nobody\ncaps: []', '1:10 version', /nobody/],
  ])('%j', (text, where, message) => {
    const found = problems(text.endsWith('"v\ncaps: []') ? `${text}\n` : text);
    expect(found[0]?.[0]).toBe(where);
    expect(found[0]?.[1]).toMatch(message);
  });

  it('and all of them at once, in reading order', () => {
    const text = `version: 1
caps:
  - { per: usr, max: 0, window: 24x, windw: 1 }
event: { maxAge: 40d }
rules:
  - { id: x, when: coupon.categry == 1, then: exclude }
  - { id: x, when: "true", then: explode }
`;
    expect(problems(text).map(([where]) => where)).toEqual([
      '1:10 version',
      '3:12 caps[0].per',
      '3:22 caps[0].max',
      '3:33 caps[0].window',
      '3:38 caps[0].windw',
      '4:18 event.maxAge',
      '6:27 rules[0].when',
      '7:11 rules[1].id',
      '7:34 rules[1].then',
    ]);
  });

  it('a fault in one field doesn’t hide a rule’s id that is there twice', () => {
    const text = document(
      'rules:\n  - { id: x, when: "true", then: exclude }\n  - { id: x, when: "true", then: exclude }\n',
    );
    expect(problems(text)).toEqual([['5:11 rules[1].id', 'the rule in line 4 has the id "x" already']]);
  });
});

describe('a text that means harm', () => {
  it.each([
    ['too long', `# ${'x'.repeat(70_000)}`],
    ['deep', `version: ${'['.repeat(3000)}`],
    ['deep and closed', `version: ${'['.repeat(500)}${']'.repeat(500)}`],
    [
      'aliases of aliases',
      `a: &a [x, x, x]\nb: &b [*a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]\n`,
    ],
    ['many aliases', `a: &a [x]\nb: [${'*a,'.repeat(15_000)}]\n`],
    ['an alias to itself', 'a: &a [*a]\n'],
    ['prototypes', '__proto__: { version: v, caps: [] }\nconstructor: 1\n'],
    ['keys that are no text', '? { a: 1 }\n: 2\n'],
  ])('%s', (_, text) => {
    const before = process.cpuUsage();
    expect(parseRules(text).ok).toBe(false);
    // This process's own time: the machine may be busy with others.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000);
  });

  it('any text at all is answered, never thrown at', () => {
    const fragment = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '\n',
        ': ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        '"',
        "'",
        '&a ',
        '*a',
        '|',
        '>',
        '#',
        '\t',
        '  ',
        '!!',
        '?',
        '%',
        '---',
      ),
      fc.constantFrom(...example.split(/(?<=\s)/)),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 30 }), (fragments) => {
        const parsed = parseRules(fragments.join(''));
        if (parsed.ok) return;
        expect(parsed.problems.length).toBeGreaterThan(0);
        for (const { line, column } of parsed.problems) expect(Math.min(line, column)).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it('any change of one place of a good document is answered', () => {
    fc.assert(
      fc.property(fc.nat(example.length), fc.nat(12), fc.string({ maxLength: 5 }), (at, cut, put) => {
        expect(() => parseRules(example.slice(0, at) + put + example.slice(at + cut))).not.toThrow();
      }),
      { numRuns: 100 },
    );
  });
});
