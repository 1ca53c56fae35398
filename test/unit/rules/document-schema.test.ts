/**
 * The words and values that an editor shows beside a key: each key has some, what they show is valid, and the file
 * that editors read holds them all.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rulesJsonSchema } from '../../../src/rules/document/json-schema.ts';
import { rulesSchema } from '../../../src/rules/document/schema.ts';

it('the file that editors read is the schema of what a load checks', () => {
  const file: unknown = JSON.parse(readFileSync('rules/rules.schema.json', 'utf8'));
  expect(file).toEqual(rulesJsonSchema());
});

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly additionalProperties?: Node | boolean;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}

/** Every key with its own node, sections inside sections too. */
function keysOf(node: Node, path = ''): (readonly [string, Node])[] {
  const { properties = {}, items, oneOf = [], additionalProperties } = node;
  const values = typeof additionalProperties === 'object' ? keysOf(additionalProperties, `${path}.*`) : [];
  return [
    ...Object.entries(properties).flatMap(([key, below]) => {
      const whole = path === '' ? key : `${path}.${key}`;
      return [[whole, below] as const, ...keysOf(below, whole)];
    }),
    ...(items === undefined ? [] : keysOf(items, `${path}[]`)),
    ...oneOf.flatMap((one) => keysOf(one, path)),
    ...values,
  ];
}

describe('every key', () => {
  const keys = keysOf(rulesJsonSchema());

  it('has words and an example or a default', () => {
    expect(keys.length).toBeGreaterThan(30);
    const silent = keys.filter(([, { description = '' }]) => description.length < 10);
    expect(silent.map(([path]) => path)).toEqual([]);
    const bare = keys.filter(([, node]) => node.examples === undefined && node.default === undefined);
    expect(bare.map(([path]) => path)).toEqual([]);
  });

  it('has examples and defaults that are valid', () => {
    for (const [path, { examples = [], default: byDefault }] of keys) {
      const values = byDefault === undefined ? examples : [...examples, byDefault];
      for (const value of values) {
        const faults = rulesSchema.safeParse(place(path, value)).error?.issues ?? [];
        const there = faults.filter(
          ({ code, message }) => code !== 'unrecognized_keys' && !message.startsWith('is missing'),
        );
        expect(there, `${path} = ${JSON.stringify(value)}`).toEqual([]);
      }
    }
  });
});

/** A document with one value at a path of the schema. */
function place(path: string, value: unknown): unknown {
  return path
    .split(/\.|(?=\[\])/)
    .toReversed()
    .reduce<unknown>((inner, step) => {
      if (step === '[]') return [inner];
      return { [step === '*' ? 'de' : step]: inner };
    }, value);
}
