/** A document is bounded on every side; each bound says line, column and the limit. What is just below it is taken. */
import { describe, expect, it } from 'vitest';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { document, problems } from './documents.ts';

const caps = (count: number): string =>
  `version: v\ncaps:\n${'  - { per: user, max: 1, window: 24h }\n'.repeat(count)}`;
const rules = (count: number): string =>
  document(
    `rules:\n${Array.from({ length: count }, (_, at) => `  - { id: r${String(at)}, when: 'true', then: exclude }\n`).join('')}`,
  );
const merchants = (count: number): string => document(`merchants:\n  deny:\n${'    - m\n'.repeat(count)}`);
const bodies = (count: number): string => document(`push:\n  body:\n${'    - Now\n'.repeat(count)}`);
const when = (condition: string): string =>
  document(`rules:\n  - id: a\n    when: ${JSON.stringify(condition)}\n    then: exclude\n`);
const nestedConditions = (levels: number): string => when(`${'('.repeat(levels)}true${')'.repeat(levels)}`);
const characters = (count: number): string => `${document()}#${'x'.repeat(count - document().length - 1)}`;
const title = (count: number): string => document(`push: { title: "${'x'.repeat(count)}" }`);
const listed = (count: number): string =>
  when(`1 in [${Array.from({ length: count }, () => '1').join(',')}]`);
const looped = (asked: number): string =>
  when(`coupon.body.split(",").exists(a, ${Array.from({ length: asked }, () => 'a == "1"').join(' || ')})`);
const aliases = (count: number): string => document(`merchants: { deny: [&m m-1${', *m'.repeat(count)}] }`);
/** A list of eleven, and ten of its aliases below each other, `levels` times. */
const laughs = (levels: number): string =>
  document(
    `x0: &x0 [${'1, '.repeat(10)}1]\n${Array.from({ length: levels }, (_, at) => `x${String(at + 1)}: &x${String(at + 1)} [${`*x${String(at)}, `.repeat(10)}1]\n`).join('')}`,
  );

/** [what is bounded, a document of a size, the largest that is taken, where one more is refused, how]. */
const bounds: [string, (size: number) => string, number, string, RegExp][] = [
  ['characters', characters, 65_536, '3:65480 ', /65,537 characters, at most 65,536/],
  ['caps', caps, 10, '13:5 caps', /at most 10, found 11$/],
  ['rules', rules, 200, '204:5 rules', /at most 200, found 201$/],
  ['merchantIds', merchants, 5000, '5005:7 merchants.deny', /at most 5,000, found 5001$/],
  ['texts of a body', bodies, 20, '25:7 push.body', /at most 20, found 21$/],
  ['characters of a text', title, 1000, '3:16 push.title', /at most 1,000 characters, found 1,001$/],
  [
    'characters of a condition',
    (size) => when(`coupon.title == "${'x'.repeat(size - 18)}"`),
    2000,
    '5:11 rules[0].when',
    /at most 2,000 characters, found 2,001$/,
  ],
  ['levels of a condition', nestedConditions, 49, '5:62 rules[0].when', /^more than 50 levels deep/],
  ['values in one list', listed, 500, '5:1018 rules[0].when', /^more than 500 values in one list/],
  ['operations of a loop', looped, 2, '5:11 rules[0].when', /500 elements × 5 operations, of at most 2000/],
  ['aliases', aliases, 100, '3:429 merchants.deny[101]', /^more than 100 aliases/],
];

describe.each(bounds)('%s', (_, make, most, where, said) => {
  it('are taken up to the bound, and refused beyond it', () => {
    expect(problems(make(most))).toEqual([]);
    const found = problems(make(most + 1));
    expect(found.map(([place]) => place)).toEqual([where]);
    expect(found[0]?.[1]).toMatch(said);
  });
});

describe('what would fill a pod', () => {
  it('aliases of aliases', () => {
    expect(problems(laughs(5)).at(-1)).toMatchObject([
      '6:45 x3[7]',
      /^aliases repeat more than 10,000 values/,
    ]);
    expect(problems(laughs(2)).some(([, message]) => message.includes('aliases'))).toBe(false);
  });

  it.each([
    ['lists in lists', `version: ${'['.repeat(30)}${']'.repeat(30)}\ncaps: []`, '1:30 '],
    ['lists in lists without end', `version: ${'['.repeat(5000)}`, '1:'],
    ['dashes', `version: v\ncaps:\n  ${'- '.repeat(5000)}`, '3:'],
    ['indented keys', Array.from({ length: 300 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'), '22:'],
  ])('%s', (_, text, where) => {
    const [found] = problems(text);
    expect(found?.[0].startsWith(where)).toBe(true);
    expect(found?.[1]).toMatch(/nested more than 20 levels deep/);
  });

  it('an anchor inside itself', () => {
    expect(problems('version: v\ncaps: &a [*a]')).toEqual([
      ['2:11 caps[0]', 'this "*a" stands inside its own "&a"'],
    ]);
  });

  it('many values that are no YAML take a few readings, not one each', () => {
    const text = document(`push:\n  body:\n${'    - @home and a long way to go from there\n'.repeat(1300)}`);
    const before = process.cpuUsage();
    const parsed = parseRules(text);
    expect(parsed.ok).toBe(false);
    // This process's own time: the machine may be busy with others.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000);
  });
});
