/** What of a parsed event is kept, and which nesting is too deep to be parsed. */
import { describe, expect, it } from 'vitest';
import { isObject, MAX_DEPTH, parseEvent } from '../../../../src/stream/decode/parse-event.ts';

const parse = (text: string) => parseEvent(Buffer.from(text));

/** An event of exactly so many bytes, of which most are no field's. */
function padded(event: object, bytes: number): string {
  const text = JSON.stringify({ ...event, pad: '' });
  return text.replace('"pad":""', `"pad":"${'x'.repeat(bytes - text.length)}"`);
}

describe('of an event', () => {
  it('up to 4 KiB all is kept, of a larger one only its fields', () => {
    const event = { userId: 'u', locale: { a: [1] } };
    expect(parse(padded(event, 4096))).toMatchObject({
      value: { ...event, pad: expect.any(String) as string },
    });
    const larger = parse(padded(event, 4097));
    expect(larger).toStrictEqual({ kind: 'json', value: { userId: 'u', locale: {} } });
  });

  it('a larger one’s texts are kept up to 4 KiB', () => {
    const text = (length: number): string => JSON.stringify({ userId: 'x'.repeat(length) });
    expect(parse(text(4096))).toStrictEqual({ kind: 'json', value: { userId: 'x'.repeat(4096) } });
    expect(parse(text(4097))).toStrictEqual({ kind: 'json', value: { userId: {} } });
  });

  it.each<[string, unknown]>([
    [`[${'1,'.repeat(4000)}1]`, []],
    [`"${'x'.repeat(4000)}"`.padEnd(5000), 'x'.repeat(4000)],
    [`"${'x'.repeat(5000)}"`, {}],
    ['7'.padEnd(5000), 7],
    ['null'.padEnd(5000), null],
    ['true'.padEnd(5000), true],
  ])('that is none, a large bare value says as little: %#', (text, value) => {
    expect(parse(text)).toStrictEqual({ kind: 'json', value });
  });
});

describe('nesting', () => {
  const deep = (depth: number, inside = ''): string => '['.repeat(depth) + inside + ']'.repeat(depth);
  const isTooDeep = (text: string): boolean => {
    const content = parse(text);
    return content.kind === 'refused' && content.error.includes('nested deeper');
  };

  it('may be as deep as the limit, however much stands beside it', () => {
    expect(parse(deep(MAX_DEPTH, ' '.repeat(100)))).toStrictEqual({ kind: 'json', value: [] });
    expect(isTooDeep(deep(MAX_DEPTH + 1))).toBe(true);
    const beside = `[${Array.from({ length: 3000 }, () => '[{}]').join(',')}]`;
    expect(parse(beside).kind).toBe('json');
    const objects = '{"a":'.repeat(MAX_DEPTH);
    expect(isTooDeep(`${objects}{}${'}'.repeat(MAX_DEPTH)}`)).toBe(true);
    expect(isTooDeep(`${objects}1${'}'.repeat(MAX_DEPTH)}`)).toBe(false);
  });

  it.each([
    ['brackets in a text', JSON.stringify({ userId: '['.repeat(3000), locale: '{'.repeat(3000) })],
    ['brackets behind a quote in a text', JSON.stringify({ userId: `"${'['.repeat(5000)}` })],
    ['brackets behind a backslash in a text', JSON.stringify({ userId: `\\\\"${'['.repeat(5000)}` })],
  ])('is not counted in texts: %s', (_name, text) => {
    expect(parse(text).kind).toBe('json');
  });

  it('is counted again behind a text that ends in a backslash', () => {
    expect(isTooDeep(`["\\\\",${deep(MAX_DEPTH)}]`)).toBe(true);
    expect(isTooDeep(`["a\\"b",${deep(MAX_DEPTH)}]`)).toBe(true);
    expect(isTooDeep(`["\\\\",${deep(MAX_DEPTH - 1, ' '.repeat(100))}]`)).toBe(false);
  });
});

it('knows an object', () => {
  expect([{}, [], null, 'text', 1, undefined].map(isObject)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
