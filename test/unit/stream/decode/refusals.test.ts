/** What a refusal says to whoever reads the dead letter: what is wrong, and where, in a line of our own. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { HeaderValue } from '../../../../src/domain/record.ts';
import { decodeAll, MAX_RECORD_BYTES, recordOf } from './raw-record.ts';

const GZIP = { 'content-encoding': 'gzip' };
/** Makes a record one that is decoded in slices. */
const PADDING = ' '.repeat(300_000);

/** What is said of each refused piece. */
async function said(
  value: string | Buffer | null,
  headers: Record<string, HeaderValue> = {},
  maxBytes = MAX_RECORD_BYTES,
): Promise<string[]> {
  const pieces = await decodeAll(recordOf(value, headers), maxBytes);
  return pieces.flatMap(({ content }) =>
    content.kind === 'refused' ? [`${content.reason}: ${content.error}`] : [],
  );
}

describe('a record that is refused as a whole', () => {
  it.each<[string | Buffer | null, string]>([
    [null, 'malformed: a tombstone: the record has no value'],
    ['', 'malformed: empty'],
    [' \n', 'malformed: nothing but white space'],
    ['[]', 'invalid: an empty array'],
    ['17', 'invalid: expected a JSON object or an array of them'],
    ['[', 'malformed: the array is not closed'],
    ['[] {}', "malformed: other data after the array's end"],
    [gzipSync('{}'), 'malformed: not JSON: looks like gzip, without a content-encoding'],
    [Buffer.from([0x1f, 0x8a]), 'malformed: not UTF-8'],
    [Buffer.from([0x1e, 0x8b]), 'malformed: not UTF-8'],
    ['hello', 'malformed: not JSON: unexpected character'],
    ['{"a":1', "malformed: not JSON: Expected ',' or '}' after property value in JSON at position 6"],
    ['{a}', "malformed: not JSON: Expected property name or '}' in JSON at position 1"],
    ['nul', 'malformed: not JSON: unexpected end'],
    [`{"a" 1}${PADDING}`, 'malformed: not JSON: at position 5'],
    [`{"a":"\u0001"}${PADDING}`, 'malformed: not JSON: at position 5'],
    ['['.repeat(3000), 'malformed: not JSON: unexpected end'],
    [`{"a":${'['.repeat(5000)}`, 'malformed: not readable JSON: nested deeper than 2048 levels'],
    [`{"a":${'['.repeat(5000)}${PADDING}`, 'malformed: not readable JSON: nested deeper than 2048 levels'],
  ])('%#', async (value, expected) => {
    expect(await said(value)).toEqual([expected]);
  });

  it.each<[Buffer, string]>([
    [Buffer.from('{}'), 'malformed: not gzip: incorrect header check'],
    [gzipSync('{}').subarray(0, -3), 'malformed: not gzip: unexpected end of file'],
    [Buffer.concat([gzipSync('{}'), Buffer.from([0, 7])]), 'malformed: not gzip: other data after its end'],
    [
      Buffer.concat([gzipSync(`{}${PADDING}`), Buffer.from([0, 7])]),
      'malformed: not gzip: other data after its end',
    ],
    [gzipSync(`{}${PADDING}`).subarray(0, -3), 'malformed: not gzip: unexpected end of file'],
  ])('packed: %#', async (value, expected) => {
    expect(await said(value, GZIP)).toEqual([expected]);
  });

  it.each<[HeaderValue, string]>([
    ['br', 'br'],
    ['gzip, gzip', 'gzip,gzip'],
    [['gzip', 'identity', 'BR'], 'gzip,br'],
    ['zé\u0007 x', 'z?? x'.replace(' ', '?')],
    ['x'.repeat(50), 'x'.repeat(40)],
  ])('as its encoding %j is none we know', async (encoding, name) => {
    expect(await said('{}', { 'content-encoding': encoding })).toEqual([
      `malformed: content-encoding ${name}: unknown`,
    ]);
  });

  it('as larger than the limit, as it came or unpacked, at once or in slices', async () => {
    const expected = ['too_large: larger than 1000 bytes'];
    expect(await said(`{"a":"${'x'.repeat(1000)}"}`, {}, 1000)).toEqual(expected);
    expect(await said(gzipSync(`{"a":"${'x'.repeat(1000)}"}`), GZIP, 1000)).toEqual(expected);
    const packed = gzipSync(`{"a":"${'x'.repeat(500_000)}"}`);
    expect(await said(packed, GZIP, 400_000)).toEqual(['too_large: larger than 400000 bytes']);
  });
});

describe('an element or a line that is refused by itself', () => {
  it.each<[string, string[]]>([
    ['[{},,{}]', ['malformed: not JSON: nothing there']],
    ['[{},{"a":nul}]', ['malformed: not JSON: unexpected character']],
    ['[{},{}', ['malformed: the array is not closed']],
    ['[{},{}]]', ["malformed: other data after the array's end"]],
    ['{}\nx\n{}', ['malformed: not JSON: unexpected character']],
  ])('%j', async (value, expected) => {
    expect(await said(value)).toEqual(expected);
    expect(await said(PADDING + value)).toEqual(expected);
  });

  it('as one event with members of its own names without end', async () => {
    const repeated = Array.from({ length: 100_000 }, () => '"userId":"u"');
    expect(await said(`{${repeated.join(',')}}`)).toEqual([
      'too_large: one event with more than 1048576 bytes of members',
    ]);
  });
});
