/** What JSON.parse takes is JSON, and nothing else; the members of the outermost object are told to the byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkJson, type CheckedJson } from '../../../../src/runtime/json/check-json.ts';
import { walk } from './walk.ts';

const STEP = 32 * 1024;

function check(text: string, maxDepth = 100): { checked: CheckedJson; members: [string, string][] } {
  const bytes = Buffer.from(text);
  const members: [string, string][] = [];
  const { end: checked } = walk(
    checkJson(bytes, maxDepth, (key, value) => {
      members.push([
        bytes.toString('utf8', key.start, key.end),
        bytes.toString('utf8', value.start, value.end),
      ]);
    }),
  );
  return { checked, members };
}

/** Undefined where it is no JSON. */
function kindOf(text: string): CheckedJson['kind'] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return 'array';
    return typeof value === 'object' && value !== null ? 'object' : 'other';
  } catch {
    return 'broken';
  }
}

/** @throws Error with the first text of up to `most` of these parts of which `JSON.parse` says something else. */
function compareAll(parts: readonly string[], most: number, text = ''): void {
  const { kind } = check(text).checked;
  if (kind !== kindOf(text)) throw new Error(`${JSON.stringify(text)} is ${kindOf(text)}, and not ${kind}`);
  if (most > 0) for (const part of parts) compareAll(parts, most - 1, text + part);
}

it.each([
  ['', 0],
  ['  ', 2],
  ['[1 2]', 3],
  ['[1}', 2],
  ['1,', 1],
  ['{"a" 1}', 5],
  ['{"a":1,}', 7],
  ['{a:1}', 1],
  ['{"a', 1],
  ['[tru]', 1],
  ['{"a":1', 6],
  ['[[1]', 4],
])('names the first byte of %j that can’t be there', (text, at) => {
  expect(check(text).checked).toEqual({ kind: 'broken', at });
});

it.each<[string, [string, string][]]>([
  ['{}', []],
  ['{"a":1}', [['"a"', '1']]],
  [
    ' { "a" : [1, {"b":2}] , "c":{"d":{"e":3}},"f": "x" } ',
    [
      ['"a"', '[1, {"b":2}]'],
      ['"c"', '{"d":{"e":3}}'],
      ['"f"', '"x"'],
    ],
  ],
  [
    '{"a":1,"a":-2.5e3}',
    [
      ['"a"', '1'],
      ['"a"', '-2.5e3'],
    ],
  ],
  ['[{"a":1},2]', []],
  ['"a"', []],
])('tells the members of %j in order', (text, members) => {
  expect(check(text).members).toEqual(members);
});

it.each([
  ['[[1]]', 2, 'array'],
  ['[[[1]]]', 2, 'too_deep'],
  ['{"a":{"b":1}}', 2, 'object'],
  ['{"a":[{}]}', 2, 'too_deep'],
  ['[[],[]]', 2, 'array'],
  ['1', 0, 'other'],
])('counts the levels of %s: of %i at most it is %s', (text, maxDepth, kind) => {
  expect(check(text, maxDepth).checked.kind).toBe(kind);
});

it.each([
  ['many values', `[${'1,'.repeat(2 * STEP)}1]`, 4, 4],
  ['white space', `[${' '.repeat(4 * STEP)}]`, 4, 4],
  ['a long string', `["${'a'.repeat(4 * STEP)}"]`, 4, 5],
  ['escapes', `["${'\\n'.repeat(2 * STEP)}"]`, 4, 5],
  ['a long key', `{"${'a'.repeat(4 * STEP)}":1}`, 4, 5],
  ['less than a step', `["${'a'.repeat(STEP - 10)}"]`, 0, 0],
])('allows a pause each 32 KiB: %s', (_name, text, fewest, most) => {
  const { end, pauses } = walk(checkJson(Buffer.from(text), 10, () => undefined));
  expect(end.kind).toBe(kindOf(text));
  expect(pauses).toBeGreaterThanOrEqual(fewest);
  expect(pauses).toBeLessThanOrEqual(most);
});

describe('what is JSON', () => {
  it.each<[string, string[], number]>([
    ['brackets, commas and values', ['{', '}', '[', ']', ',', ':', '"a"', '1', ' '], 4],
    ['objects', ['{', '}', ',', '"a":', '1', '"b"', '[]'], 4],
    ['quotes', ['{', '}', '[', ']', '"', 'a', ':1', '1', '\\'], 4],
    ['numbers', ['-', '0', '1', '9', '.', 'e', 'E', '+', '/', ':'], 4],
    ['fractions and exponents', ['1', '.', 'e', '+', '-'], 5],
    ['words', ['true', 'false', 'null', 'tru', 'e', ' ', 'n'], 3],
  ])('is what JSON.parse takes: %s', (_name, parts, most) => {
    compareAll(parts, most);
  });

  it('may have any character in a string but control characters, and eight escapes', () => {
    const characters = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    for (const character of characters) {
      for (const text of [`"${character}"`, `"\\${character}"`, `["\\${character}",1]`]) {
        expect([text, check(text).checked.kind]).toEqual([text, kindOf(text)]);
      }
    }
  });

  it.each(['12aF', '0000', '12g4', 'g234', '123g', '123', '12', '', '12345', '-123', '1 23'])(
    'may have a unit by its four digits in a string: %s',
    (digits) => {
      for (const text of [`"\\u${digits}"`, `["\\u${digits}x"]`]) {
        expect([text, check(text).checked.kind]).toEqual([text, kindOf(text)]);
      }
    },
  );

  it('is what JSON.stringify makes, and a part of it is not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(check(text).checked.kind).toBe(kindOf(text));
        const part = text.slice(0, text.length / 2);
        expect(check(part).checked.kind).toBe(kindOf(part));
      }),
    );
  });
});
