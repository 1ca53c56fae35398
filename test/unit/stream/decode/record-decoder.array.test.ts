import { describe, expect, it } from 'vitest';
import { decodeAll, decodeText, recordOf } from './raw-record.ts';

describe('an array', () => {
  it('of nothing but opening brackets is one malformed piece', async () => {
    const [piece, ...others] = await decodeAll(recordOf(Buffer.alloc(3_000_000, '[{')));
    expect(others).toEqual([]);
    expect(piece).toMatchObject({ content: { reason: 'malformed' } });
    expect(piece?.bytes).toHaveLength(2_999_999);
  });

  it('is cut into its elements, exact slices of the same memory', async () => {
    const record = recordOf('\ufeff [ {"a":[1,{"b":"],}"}]} ,\n\t{"c":"\\"[\\\\"}\r\n] ');
    const pieces = await decodeAll(record);
    expect(pieces.map(({ bytes }) => bytes?.toString())).toEqual([
      '{"a":[1,{"b":"],}"}]}',
      '{"c":"\\"[\\\\"}',
    ]);
    expect(pieces.map(({ source }) => source.index)).toEqual([0, 1]);
    expect(pieces.map(({ bytes }) => bytes?.buffer)).toEqual([record.value?.buffer, record.value?.buffer]);
  });

  it('leaves elements that are no objects to validation', async () => {
    expect(await decodeText('[1, "x", null, []]')).toEqual([
      ['1', 1],
      ['"x"', 'x'],
      ['null', null],
      ['[]', []],
    ]);
  });

  const good = '{"good":1}';
  it.each<[string, string, string[]]>([
    ['words that are not JSON', '{"a":nul}', ['{"a":nul}']],
    ['a missing value', '{"a":}', ['{"a":}']],
    ['nothing between commas', '', ['']],
    ['bytes that are not UTF-8', '{"a":"\u0001"}', ['{"a":"\u0001"}']],
    ['the wrong closing bracket', '{"a":[1,2}', ['{"a":[1,2}']],
    ['one closing bracket too many', '{"a":1}}', ['{"a":1}}']],
    ['a stray closing bracket', '{"a":1]}', ['{"a":1]}']],
    ['crossed brackets', '{"a":[}]}', ['{"a":[}]}']],
    ['a missing closing brace', '{"a":{"b":1}', ['{"a":{"b":1}']],
    ['several missing closing braces', '{"a":{"b":{"c":1', ['{"a":{"b":{"c":1']],
    ['a missing brace before a nested list goes on', '{"a":[{"b":1,{"c":2}]}', ['{"a":[{"b":1,{"c":2}]}']],
    ['a missing quote, on a line of its own', '{"a":"x}', ['{"a":"x}']],
    ['a missing comma between two', '{"a":1} {"b":2}', ['{"a":1} {"b":2}']],
  ])('loses one bad element alone: %s', async (_name, bad, slices) => {
    expect(await decodeText(`[${good},\n${bad},\n${good}]`)).toEqual([
      [good, { good: 1 }],
      ...slices.map((slice) => [slice, 'malformed']),
      [good, { good: 1 }],
    ]);
  });

  it('refuses alone an element that is not UTF-8', async () => {
    const value = Buffer.concat([Buffer.from('[{"a":"'), Buffer.from([0xc3]), Buffer.from('"},{"b":2}]')]);
    const pieces = await decodeAll(recordOf(value));
    expect(pieces.map(({ content }) => content)).toEqual([
      { kind: 'refused', reason: 'malformed', error: 'not UTF-8' },
      { kind: 'json', value: { b: 2 } },
    ]);
  });

  it.each<[string, string, [string, unknown][]]>([
    [
      'a quote that never ends',
      '[{"a":1},{"b":"x},{"c":1}] ',
      [
        ['{"a":1}', { a: 1 }],
        ['{"b":"x},{"c":1}]', 'malformed'],
      ],
    ],
    [
      'a bracket that never closes',
      '[{"a":1},{"b":[{"c":1}] ',
      [
        ['{"a":1}', { a: 1 }],
        ['{"b":[{"c":1}]', 'malformed'],
      ],
    ],
    [
      'other data after the end',
      '[{"a":1}] {"b":1}\n',
      [
        ['{"a":1}', { a: 1 }],
        ['{"b":1}', 'malformed'],
      ],
    ],
    [
      'no end after an element',
      '[{"a":1} ',
      [
        ['{"a":1}', { a: 1 }],
        ['', 'malformed'],
      ],
    ],
    [
      'no end after a comma',
      '[{"a":1},',
      [
        ['{"a":1}', { a: 1 }],
        ['', 'malformed'],
      ],
    ],
    [
      'a comma before the end',
      '[{"a":1},]',
      [
        ['{"a":1}', { a: 1 }],
        ['', 'malformed'],
      ],
    ],
    [
      'cut in the middle of an element',
      '[{"a":1},{"b":',
      [
        ['{"a":1}', { a: 1 }],
        ['{"b":', 'malformed'],
      ],
    ],
  ])('makes what is left one malformed piece: %s', async (_name, value, expected) => {
    expect(await decodeText(value)).toEqual(expected);
  });
});
