/** Headers as text: producers write them bare, several times over, or as Spring does in JSON quotes. */
import { describe, expect, it } from 'vitest';
import { headerText } from '../../../src/domain/record.ts';

describe("a header's text", () => {
  it.each([
    ['absent', undefined, ''],
    ['bare', 'abc', 'abc'],
    ['of bytes', Buffer.from('abc'), 'abc'],
    ['the last of several', ['a', 'x', Buffer.from('b')], 'b'],
    ['of none', [], ''],
    ['in JSON quotes, as Spring writes it', '"abc"', 'abc'],
    ['in quotes with white space around', ' \t"abc"\n', 'abc'],
    ['empty in quotes', '""', ''],
    ['quoted over two lines', '"a\\nb"', 'a\nb'],
    ['a quote inside', 'a"b"c', 'a"b"c'],
    ['quotes that are no JSON', '"a"b"', '"a"b"'],
    ['a real line break in quotes, which is no JSON', '"a\nb"', '"a\nb"'],
    ['quoted with text before it', 'x "abc"', 'x "abc"'],
    ['quoted with text after it', '"abc" x', '"abc" x'],
  ])('%s', (_what, header, text) => {
    expect(headerText(header)).toBe(text);
  });

  it('is read out of quotes up to 1,024 characters, and left as it is beyond', () => {
    const quoted = (length: number): string => `"${'x'.repeat(length - 2)}"`;
    expect(headerText(quoted(1024))).toBe('x'.repeat(1022));
    expect(headerText(quoted(1025))).toBe(quoted(1025));
  });
});
