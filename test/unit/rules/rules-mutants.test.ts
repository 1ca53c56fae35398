/**
 * The example document, changed in one place at a time: every key left out, mistyped or given another kind of value,
 * every number moved to its bounds and beyond, every text and condition spoilt. Each document is accepted as it is
 * written, or refused with a problem at the changed place. None throws, and none is accepted in part.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parse,
  parseDocument,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';

const example = readFileSync('rules/default.yaml', 'utf8');
const REQUIRED = new Set([
  'version',
  'caps',
  'caps[].per',
  'caps[].max',
  'caps[].window',
  'quietHours.from',
  'quietHours.to',
  'rollout.percent',
  'rules[].id',
  'rules[].when',
  'rules[].then',
  // Of the rules of the example only those that boost have it.
  'rules[].by',
]);

interface Place {
  /** Such as `caps[].max`. */
  readonly path: string;
  readonly value: unknown;
  readonly type: string | undefined;
  /** Offsets of the value, and of the key in front of it. */
  readonly from: number;
  readonly to: number;
  readonly keyFrom: number | undefined;
  readonly keyTo: number | undefined;
  /** Of the section or list that it stands in. */
  readonly parentFrom: number;
}

/** Every value of the example, sections and lists too. */
function placesOf(text: string): readonly Place[] {
  const places: Place[] = [];
  function visit(node: unknown, path: string, parentFrom: number, key?: Scalar): void {
    const { range } = node as Node;
    const [from, to] = range ?? [0, 0];
    const value: unknown = isScalar(node) ? node.value : undefined;
    const type = isScalar(node) ? (node.type ?? undefined) : undefined;
    const [keyFrom, keyTo] = key?.range ?? [];
    if (path !== '') places.push({ path, value, type, from, to, keyFrom, keyTo, parentFrom });
    if (isSeq(node)) for (const item of node.items) visit(item, `${path}[]`, from);
    if (!isMap(node)) return;
    for (const { key: name, value: inner } of node.items as Pair<Scalar>[]) {
      visit(inner, path === '' ? String(name.value) : `${path}.${String(name.value)}`, from, name);
    }
  }
  visit(parseDocument(text).contents, '', 0);
  return places;
}

const places = placesOf(example);
const scalars = places.filter(({ type }) => type !== undefined);

interface Mutant {
  readonly text: string;
  /** Where the change is, in the changed text: from the first letter that has changed to the end of its value. */
  readonly from: number;
  readonly to: number;
}

function put(from: number, to: number, written: string, at = from): Mutant {
  return { text: example.slice(0, from) + written + example.slice(to), from: at, to: from + written.length };
}

/** Accepted as YAML reads it, or refused at the changed place and there alone. */
function judge({ text, from, to }: Mutant): 'accepted' | 'refused' {
  const parsed = parseRules(text);
  if (parsed.ok) {
    expect(parsed.document).toEqual(parse(text));
    expect(parsed.rules.version).toBe(parsed.document.version);
    return 'accepted';
  }
  const lines = new LineCounter();
  parseDocument(text, { lineCounter: lines });
  const offsets = parsed.problems.map(({ line, column }) => (lines.lineStarts[line - 1] ?? 0) + column - 1);
  expect(
    offsets.every((offset) => offset >= from && offset <= to),
    JSON.stringify(parsed.problems),
  ).toBe(true);
  // Each fault once: one change makes one problem.
  expect(parsed.problems.map(({ path, message }) => `${path}: ${message}`)).toHaveLength(1);
  return 'refused';
}

it('the example is judged as it is', () => {
  expect(judge(put(0, 0, ''))).toBe('accepted');
  expect(scalars.length).toBeGreaterThan(35);
});

/** Keys that stand in a section, with the piece of text that a key and its value take. */
const keyed = places.filter(({ keyFrom }) => keyFrom !== undefined);
const name = ({ path, keyFrom }: Place): string => `${path} (at ${String(keyFrom)})`;

describe.each(keyed.map((place) => [name(place), place] as const))('%s', (_, place) => {
  const { path, keyFrom = 0, keyTo = 0, to, parentFrom } = place;

  it('left out', () => {
    const mutant = without(place);
    const isMissing = REQUIRED.has(path);
    // A missing key is told where its section begins: at the next key, where it was the first.
    const next =
      mutant.from + (/^(?:\s*(?:#.*)?\n)*\s*/.exec(mutant.text.slice(mutant.from))?.[0].length ?? 0);
    const where = { ...mutant, from: parentFrom, to: keyFrom === parentFrom ? next : parentFrom };
    // Without its only key a section is nothing, which is told behind the section's own key.
    const isOnly = path.startsWith('push.locales.de');
    const emptied = { ...mutant, from: example.lastIndexOf(':', keyFrom), to: keyFrom };
    expect(judge(isOnly ? emptied : where)).toBe(isMissing || isOnly ? 'refused' : 'accepted');
  });

  it('mistyped', () => {
    const written = example.slice(keyFrom, keyTo);
    const swapped = `${written.slice(0, 1)}${written.slice(1, 3).split('').toReversed().join('')}${written.slice(3)}`;
    for (const typed of [
      `${written}x`,
      swapped === written ? `x${written}` : swapped,
      written.toUpperCase(),
    ]) {
      const isLocale = path === 'push.locales.de';
      const outcome = judge(put(keyFrom, keyTo, typed));
      if (!isLocale) expect(outcome).toBe('refused');
    }
  });

  it('there twice', () => {
    const pair = example.slice(keyFrom, to);
    const isFlow = !/^[ -]*$/.test(example.slice(example.lastIndexOf('\n', keyFrom) + 1, keyFrom));
    const indent = ' '.repeat(keyFrom - example.lastIndexOf('\n', keyFrom) - 1);
    const again = isFlow ? `, ${pair}` : `\n${indent}${pair}`;
    expect(judge(put(to, to, again))).toBe('refused');
  });
});

/** The text without one key and its value. */
function without({ keyFrom = 0, to }: Place): Mutant {
  const line = example.lastIndexOf('\n', keyFrom) + 1;
  const front = example.slice(line, keyFrom);
  if (/^ *$/.test(front)) {
    const end = example.indexOf('\n', to - 1) + 1;
    return put(line, end, '');
  }
  // The first key of a rule, behind its dash: the next key takes its place.
  if (/^ *- $/.test(front)) {
    const next = /\S/.exec(example.slice(to))?.index ?? 0;
    return put(keyFrom, to + next, '');
  }
  const comma = /^, */.exec(example.slice(to))?.[0];
  if (comma !== undefined) return put(keyFrom, to + comma.length, '');
  const before = /, *$/.exec(example.slice(0, keyFrom))?.[0] ?? '';
  return put(keyFrom - before.length, to, '', keyFrom - before.length);
}

/** Another kind of value in a value's place; which of them a text takes. */
const KINDS: readonly (readonly [written: string, kind: string])[] = [
  ['7', 'number'],
  ['-1.5', 'number'],
  ['true', 'boolean'],
  ['null', 'nothing'],
  ['~', 'nothing'],
  ['[]', 'list'],
  ['[[]]', 'list'],
  ['{}', 'section'],
  ['{ a: 1 }', 'section'],
  ['""', 'text'],
  ['" "', 'text'],
  ['"\\u0000"', 'text'],
  ['@x', 'fault'],
  ['*x', 'fault'],
  ['!x y', 'fault'],
];

describe.each(scalars.map((place) => [`${place.path} (at ${String(place.from)})`, place] as const))(
  '%s retyped',
  (_, { path, value, from, to }) => {
    it.each(KINDS)('%s', (written, kind) => {
      const outcome = judge(put(from, to, written));
      const isBodyList = path === 'push.body' || path === 'push.locales.de.body';
      if (kind === 'fault' || kind === 'nothing' || kind === 'section' || (kind === 'list' && !isBodyList)) {
        expect(outcome).toBe('refused');
      }
      if (kind === 'boolean' && typeof value !== 'boolean') expect(outcome).toBe('refused');
      if (kind === 'number' && typeof value !== 'number') expect(outcome).toBe('refused');
    });
  },
);

/** [path, below, least, most, above]. */
const NUMBERS: readonly (readonly [string, string, string, string, string])[] = [
  ['caps[].max', '0', '1', '1000', '1001'],
  ['caps[].max', '1.5', '1', '2', '999.5'],
  ['caps[].window', '0s', '1s', '30d', '31d'],
  ['event.maxAge', '0s', '1s', '720h', '721h'],
  ['event.maxAccuracyMeters', '-0.1', '0', '1000000', '1000000.1'],
  ['coupon.minDiscountPercent', '-1', '0', '100', '100.5'],
  ['coupon.maxDistanceMeters', '-1', '0', '50000000', '50000001'],
  ['coupon.minRemaining', '-1s', '0s', '30d', '2592001s'],
  ['rollout.percent', '-0.001', '0', '100', '100.001'],
  ['rules[].by', '-1001', '-1000', '1000', '1000.5'],
  ['push.ttl', '0s', '1s', '7d', '8d'],
  ['quietHours.from', '-01:00', '00:00', '23:59', '24:00'],
  ['quietHours.to', '7:60', '00:00', '23:59', '23:60'],
];

describe.each(NUMBERS)('%s from %s', (path, below, least, most, above) => {
  const at = scalars.filter((place) => place.path === path);

  it('is bounded on both sides', () => {
    expect(at.length).toBeGreaterThan(0);
    for (const { from, to } of at) {
      expect(judge(put(from, to, least))).toBe('accepted');
      expect(judge(put(from, to, most))).toBe('accepted');
      for (const beyond of [below, above, '.inf', '-.inf', '.nan']) {
        expect(judge(put(from, to, beyond)), beyond).toBe('refused');
      }
    }
  });
});

describe('each condition, broken', () => {
  const conditions = scalars.filter(({ path }) => path === 'rules[].when');

  it.each([
    ['without its last word', (when: string) => when.replace(/\S+$/, '')],
    ['without its first letter', (when: string) => when.slice(1)],
    ['with a field that there is not', (when: string) => when.replace(/\.(\w+)/, '.$1x')],
    ['with a variable that there is not', (when: string) => `x${when}`],
    ['with one bracket', (when: string) => `(${when}`],
    ['with a bracket too many', (when: string) => `${when})`],
    ['compared with another type', (when: string) => when.replace(/"\w+"/, '3')],
    ['that is no condition', () => 'coupon.title'],
    ['with one "=" ', (when: string) => when.replace('==', '=')],
    ['with "and" at its end', (when: string) => `${when} and`],
    ['in words', (when: string) => when.replaceAll('==', 'is')],
    ['unquoted behind "!"', (when: string) => `!${when}`],
    ['cut by " #"', (when: string) => when.replace('"', '" #')],
  ])('%s', (_, spoil) => {
    expect(conditions.length).toBe(3);
    for (const { value, from, to } of conditions) {
      expect(judge(put(from, to, spoil(String(value))))).toBe('refused');
    }
  });
});

describe('each text, spoilt', () => {
  const texts = scalars.filter(({ path }) => /^push\..*(title|body\[\])$/.test(path));

  it.each([
    ['with a variable that there is not', "'{{coupon.nothing}}'"],
    ['with an open brace', "'a {{coupon.title'"],
    ['too long', `'${'x'.repeat(1001)}'`],
    ['empty', "''"],
    ['unquoted in braces', '{{coupon.title}}'],
    ['unquoted in braces and more', '{{coupon.title}} is near'],
    ['cut by " #"', 'Only #1 today'],
    ['with ": "', 'Now: near you'],
    ['in two lines', '"a\\nb"'],
  ])('%s', (_, written) => {
    expect(texts.length).toBe(5);
    for (const { from, to } of texts) expect(judge(put(from, to, written))).toBe('refused');
  });
});
