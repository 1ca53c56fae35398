/**
 * The guide for those who write rules names every key, field, value and reason that there is, and its examples are valid.
 * So do the comments of the rules that everybody starts from.
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CAP_SUBJECTS } from '../../../src/domain/cap.ts';
import { TRIGGERS } from '../../../src/domain/event.ts';
import { FILTER_REASONS } from '../../../src/domain/outcome.ts';
import { readExamples } from '../../../src/replay/examples/read-examples.ts';
import { runExample } from '../../../src/replay/examples/run-example.ts';
import { KNOWN_KEYS } from '../../../src/replay/examples/schema.ts';
import { rulesJsonSchema } from '../../../src/rules/document/json-schema.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { TEMPLATE_VARIABLES } from '../../../src/rules/language/template.ts';
import { VARIABLES } from '../../../src/domain/rule-variables.ts';
import { sectionOf } from '../../tools/pages.ts';

const guide = await readFile('rules/README.md', 'utf8');
const comments = (await readFile('rules/default.yaml', 'utf8')).replace(/^[^#\n].*$/gm, '');

/** Every name under `properties`, however deep. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]: [string, unknown]) => [
    ...(name === 'properties' && typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...keysOf(value),
  ]);
}

it('names every key of the document', () => {
  const keys = new Set(keysOf(rulesJsonSchema()).filter((key) => key !== '$schema'));
  expect([...keys]).toEqual(expect.arrayContaining(['caps', 'window', 'unknownTimeZone', 'ttl']));
  expect([...keys].filter((key) => !new RegExp(`[\`.]${key}[\`.[]`).test(guide))).toEqual([]);
});

/** What stands in backticks, in order, and in no block of code. */
const namesIn = (text: string): string[] =>
  [...text.replace(/^ *```[^]*?^ *```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
const rowOf = (key: string): string[] =>
  namesIn(guide.split('\n').find((line) => line.startsWith(`| \`${key}\` `)) ?? '').slice(1);

/** Every value of every list to choose from, however deep. */
function valuesOf(schema: unknown): unknown[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'enum' && Array.isArray(value)) return value as unknown[];
    return name === 'const' ? [value] : valuesOf(value);
  });
}

it('names every value that a key may have', () => {
  const values = valuesOf(rulesJsonSchema()).filter((value): value is string => typeof value === 'string');
  expect(values).toEqual(expect.arrayContaining(['user+coupon', 'exclude', 'boost', 'dwell']));
  expect(values.filter((value) => !namesIn(guide).includes(value))).toEqual([]);
  expect(rowOf('caps[].per')).toEqual(Object.keys(CAP_SUBJECTS));
  expect(rowOf('event.triggers')).toEqual(TRIGGERS);
});

it('names every filter reason, in the order of asking', () => {
  const reasons = Object.keys(FILTER_REASONS);
  const named = namesIn(sectionOf(guide, 'How a coupon is chosen'));
  expect(named.filter((name) => reasons.includes(name))).toEqual(reasons);
});

it('names every field of a condition, and every value of a text', () => {
  for (const [of, fields] of Object.entries(VARIABLES)) {
    const row = new RegExp(`^\\| \`${of}\\.\` .*$`, 'm').exec(guide)?.[0] ?? '';
    expect([...row.matchAll(/`(\w+)`/g)].map(([, name]) => name).toSorted(), of).toEqual(
      Object.keys(fields).toSorted(),
    );
  }
  const values = [...guide.matchAll(/`\{\{([\w.]+)\}\}`/g)].map(([, name]) => name);
  expect(values.toSorted()).toEqual(TEMPLATE_VARIABLES.toSorted());
});

it('has its subjects, triggers and fields in the comments of the default rules', () => {
  const listed = (after: RegExp): string[] => after.exec(comments)?.[1]?.match(/[a-z][\w+]*/gi) ?? [];
  const subjects = listed(/^# per: ([^.]+)\.$/m).filter((word) => word !== 'or');
  expect(subjects).toEqual(Object.keys(CAP_SUBJECTS));
  expect(listed(/^# \(([^)]*)\)\.$/m)).toEqual(TRIGGERS);
  for (const [of, fields] of Object.entries(VARIABLES)) {
    const words = listed(new RegExp(`^#   ${of}\\.([^]*?)(?=^# {1,3}\\w)`, 'm'));
    expect(words, of).toEqual(expect.arrayContaining(Object.keys(fields)));
  }
});

const shown = [...guide.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text);
const tests = shown.filter((text) => /^examples:/m.test(text));

it('shows rules that are valid', () => {
  const examples = shown.filter((text) => !tests.includes(text));
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    const missing = ['version: "1"', 'caps: []'].filter(
      (line) => !example.includes(line.split(' ')[0] ?? ''),
    );
    expect(parseRules([...missing, example].join('\n'))).toMatchObject({ ok: true });
  }
});

describe('examples of rules', () => {
  it('are shown as they are, and hold for the default rules', async () => {
    const parsed = parseRules(await readFile('rules/default.yaml', 'utf8'));
    expect(tests).toHaveLength(1);
    const read = readExamples(tests[0] ?? '', () => ({ error: 'none' }));
    if (!read.ok || !parsed.ok) expect.fail(JSON.stringify(read));
    expect(read.examples.length).toBeGreaterThan(3);
    for (const example of read.examples) {
      expect((await runExample(example, parsed.rules)).differences, example.name).toEqual([]);
    }
  });

  it('have every key named', () => {
    const { defaults, examples, expect: expected } = KNOWN_KEYS;
    const section = sectionOf(guide, 'Examples');
    const keys = [...new Set([...(defaults ?? []), ...(examples ?? []), ...(expected ?? [])])];
    expect(keys).toEqual(expect.arrayContaining(['at', 'each', 'expiresAfter']));
    expect(keys.filter((key) => !namesIn(section).includes(key))).toEqual([]);
  });
});
