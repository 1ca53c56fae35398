/** An array’s elements to the byte; in one that is broken, by the three rules of the file. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutArray } from '../../../../src/runtime/json/cut-array.ts';
import { walk } from './walk.ts';

const STEP = 32 * 1024;

/** The elements' texts, and how the array ended. */
function cut(text: string): { elements: string[]; end: string } {
  const bytes = Buffer.from(text);
  const { items, end } = walk(cutArray(bytes, text.indexOf('[')));
  const textOf = (slice: { start: number; end: number }): string =>
    bytes.toString('utf8', slice.start, slice.end);
  return {
    elements: items.map(textOf),
    end: end.kind === 'trailing' ? `trailing: ${textOf(end.rest)}` : end.kind,
  };
}

it('gives each element of an array that is JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1), (values, indent) => {
      const { elements, end } = cut(JSON.stringify(values, undefined, indent));
      expect(elements.map((element) => JSON.stringify(JSON.parse(element)))).toEqual(
        values.map((value) => JSON.stringify(value)),
      );
      expect(end).toBe('closed');
    }),
  );
});

it.each<[string, string[], string]>([
  ['[]', [], 'closed'],
  ['x [ \n] ', [], 'closed'],
  ['[', [], 'unclosed'],
  ['[ \t', [], 'unclosed'],
  ['[1]', ['1'], 'closed'],
  [' [ 1 ,2\n, [3 , 4] ]\r\n', ['1', '2', '[3 , 4]'], 'closed'],
  ['["a,\\"]","\\\\",{"k":"}"}]', ['"a,\\"]"', '"\\\\"', '{"k":"}"}'], 'closed'],
  ['[1] ', ['1'], 'closed'],
  ['[1] [2] ', ['1'], 'trailing: [2]'],
  ['[] x ', [], 'trailing: x'],
  ['[1,2', ['1', '2'], 'unclosed'],
  ['[1 ', ['1'], 'unclosed'],
  ['["a', ['"a'], 'unclosed'],
  ['[1,', ['1', ''], 'unclosed'],
  ['[1,,2,]', ['1', '', '2', ''], 'closed'],
])('says what %j holds and how it ends', (text, elements, end) => {
  expect(cut(text)).toEqual({ elements, end });
});

describe('in a broken array', () => {
  it.each<[string, string, string[], string]>([
    ['a closing bracket closes the nearest of its kind', '[{"a":[1,2},3]', ['{"a":[1,2}', '3'], 'closed'],
    ['so does one of a list', '[[{"a":1],3]', ['[{"a":1]', '3'], 'closed'],
    ['without one it is a byte of the element', '[1},2]', ['1}', '2'], 'closed'],
    ['so is one of a list where more follows', '[{"a":1]},2]', ['{"a":1]}', '2'], 'closed'],
    ['it ends the array where nothing follows', '[{"a":1] ', ['{"a":1'], 'closed'],
    ['also after a byte that was none', '[1} ] ', ['1}'], 'closed'],
    ['but not where the element is broken and more follows', '[1} ] x', ['1} ] x'], 'unclosed'],
    ['nor behind one that did not end it', '[{"a":1]} ] x', ['{"a":1]} ] x'], 'unclosed'],
    ['it does where the element before it is whole', '[1},{"a":2}] x', ['1}', '{"a":2}'], 'trailing: x'],
    ['an object after a comma ends those around it', '[{"a":1 , {"b":2}]', ['{"a":1', '{"b":2}'], 'closed'],
    ['all of them', '[{"a":{"b":1,{"c":2},3]', ['{"a":{"b":1', '{"c":2}', '3'], 'closed'],
    ['up to the nearest list', '[{"a":[{"b":1,{"c":2}]},3]', ['{"a":[{"b":1,{"c":2}]}', '3'], 'closed'],
    ['and the next element is whole', '[{"a":1,{"b":2}] x', ['{"a":1', '{"b":2}'], 'trailing: x'],
    ['also after a broken one', '[{"a":1],{"b":2}] x', ['{"a":1]', '{"b":2}'], 'trailing: x'],
    ['not where a key or a value was', '[{"a":{"b":{}}},{"c"{}}]', ['{"a":{"b":{}}}', '{"c"{}}'], 'closed'],
    ['a string ends with its line', '[{"a":"x},\n{"b":2}]', ['{"a":"x}', '{"b":2}'], 'closed'],
  ])('%s', (_name, text, elements, end) => {
    expect(cut(text)).toEqual({ elements, end });
  });
});

it.each([
  ['many elements', `[${'1,'.repeat(2 * STEP)}1]`, 4],
  ['a long number', `[${'1'.repeat(4 * STEP)}]`, 4],
  ['a long string', `["${'a'.repeat(4 * STEP)}"]`, 4],
  ['escapes', `["${'\\n'.repeat(2 * STEP)}"]`, 4],
  ['brackets', `[${'['.repeat(2 * STEP)}${']'.repeat(2 * STEP)}]`, 4],
  ['less than a step', `[${'1'.repeat(STEP - 2)}]`, 0],
])('allows a pause each 32 KiB: %s', (_name, text, pauses) => {
  const walked = walk(cutArray(Buffer.from(text), 0));
  expect(walked.pauses).toBe(pauses);
  expect(walked.end).toEqual({ kind: 'closed' });
  expect(cut(text).elements.join(',')).toBe(text.slice(1, -1));
});

it('in a broken array a million levels take the rest with them, one less does not', () => {
  const nested = (levels: number): string => `[${'['.repeat(levels)}${']'.repeat(levels)},1]`;
  expect(cut(nested(2 ** 20 - 1)).elements).toHaveLength(2);
  expect(cut(nested(2 ** 20))).toMatchObject({ elements: { length: 1 }, end: 'unclosed' });
});
