/** The schema that editors complete by takes what a run takes, and marks what a run refuses. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rulesTestJsonSchema } from '../../../../src/replay/examples/json-schema.ts';
import { readYaml } from '../../../../src/rules/document/yaml-source.ts';

const schema = z.fromJSONSchema(rulesTestJsonSchema());

function isTaken(text: string): boolean {
  const { source } = readYaml(text);
  if (source === undefined) expect.fail('no YAML');
  return schema.safeParse(source.data).success;
}
const example = (line: string): string => `examples: [{ name: a, expect: { rule: x }, ${line} }]`;

it('is the file that the examples of rules name', () => {
  const written: unknown = JSON.parse(readFileSync('rules/rules-test.schema.json', 'utf8'));
  expect(rulesTestJsonSchema()).toEqual(written);
});

it('takes the examples of the default rules', () => {
  expect(isTaken(readFileSync('rules/default.test.yaml', 'utf8'))).toBe(true);
});

describe('takes a column where a value stands', () => {
  it.each([
    'event: { latitude: <x> }',
    'event: { trigger: <x>, pushConsent: <x>, locale: <x> }',
    'coupon: { discountPercent: <x>, title: a <x> }',
    'coupons: [{ discountPercent: <x> }]',
    'expect: { outcome: <x>, score: <x> }',
    'pushes: [<x>, { at: <x> }]',
  ])('%s', (line) => {
    expect(
      isTaken(
        example(`each: [{ x: 1 }], ${line}`).replace(
          'expect: { rule: x }, ',
          line.startsWith('expect') ? '' : 'expect: { rule: x }, ',
        ),
      ),
    ).toBe(true);
  });
});

describe('marks', () => {
  it.each([
    'evnt: {}',
    'event: { latitude: 91 }',
    'event: { trigger: entre }',
    'coupon: { discountPercent: many }',
    'coupons: {}',
    'pushes: [3]',
    'each: [[1]]',
  ])('%s', (line) => {
    expect(isTaken(example(line))).toBe(false);
  });

  it('a column where defaults are', () => {
    expect(isTaken('defaults: { event: { latitude: <x> } }\nexamples: []')).toBe(false);
  });
});
