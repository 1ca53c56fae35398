/** Packed values, and the limits on what may come out of them. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeAll, decodeText, recordOf } from './raw-record.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const GZIP = { 'content-encoding': 'gzip' };

describe('gzip', () => {
  it('of one object is one event that carries the packed bytes', async () => {
    const packed = gzipSync('{"a":1}');
    const [piece, ...others] = await decodeAll(recordOf(packed, { ...GZIP, ...JSON_TYPE }));
    expect(others).toEqual([]);
    expect(piece).toMatchObject({ bytes: packed, unpacked: false, content: { value: { a: 1 } } });
  });

  it.each(['[{"a":1}, x]', '{"a":1}\nx\n'])(
    'of many events: each carries its unpacked slice (%j)',
    async (value) => {
      const pieces = await decodeAll(recordOf(gzipSync(value), GZIP));
      expect(pieces.map(({ bytes, unpacked }) => [bytes?.toString(), unpacked])).toEqual([
        ['{"a":1}', true],
        ['x', true],
      ]);
    },
  );

  it('of one line that is said to be one of lines: it carries the line', async () => {
    const type = { 'content-type': 'application/x-ndjson' };
    const [piece] = await decodeAll(recordOf(gzipSync('{"a":1}'), { ...GZIP, ...type }));
    expect(piece).toMatchObject({ bytes: Buffer.from('{"a":1}'), unpacked: true });
  });

  it('may have several members, and zeros after the last', async () => {
    const packed = Buffer.concat([gzipSync('{"a":1}\n{"b"'), gzipSync(':2}\n'), Buffer.alloc(9)]);
    expect(await decodeText(packed, { 'content-encoding': 'GZIP' })).toEqual([
      ['{"a":1}', { a: 1 }],
      ['{"b":2}', { b: 2 }],
    ]);
  });

  it.each(['"gzip"', Buffer.from('"gzip"'), ' gzip ', '"GZIP"', 'x-gzip', ['"gzip"', 'identity']])(
    'may be said as %j',
    async (coding) => {
      expect(await decodeText(gzipSync('{"a":1}'), { 'content-encoding': coding })).toMatchObject([
        [expect.anything(), { a: 1 }],
      ]);
    },
  );

  const large = gzipSync(`[${'{"a":1},'.repeat(50_000)}{}]`);
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['no gzip', Buffer.from('{"a":1}')],
    ['a truncated one', gzipSync('{"a":1}').subarray(0, -3)],
    ['a large truncated one', large.subarray(0, -9)],
    ['a broken one', Buffer.from(gzipSync('{"a":1}')).fill(0x55, 10, 14)],
    ['one with other data after it', Buffer.concat([gzipSync('{"a":1}'), Buffer.from('xyz')])],
    ['one with a member after padding', Buffer.concat([gzipSync('{}'), Buffer.alloc(2), gzipSync('{}')])],
    ['a large one with other data after it', Buffer.concat([large, Buffer.from([0, 7])])],
    ['one of nothing', gzipSync('')],
    ['one of bytes that are not UTF-8', gzipSync(Buffer.from([0xff]))],
  ])('that is %s is malformed as a whole', async (_name, value) => {
    const pieces = await decodeAll(recordOf(value, GZIP));
    expect(pieces).toMatchObject([{ unpacked: false, content: { reason: 'malformed' } }]);
    expect(pieces[0]?.bytes).toBe(value);
  });

  it('whose trailer tells the size of its last member only is unpacked all the same', async () => {
    const first = gzipSync(`[${'{"a":1},'.repeat(40_000)}`);
    expect(await decodeAll(recordOf(Buffer.concat([first, gzipSync('{}]')]), GZIP))).toHaveLength(40_001);
  });

  it.each([1, 0xffffffff])('whose trailer promises %i bytes, wrongly, is malformed', async (promised) => {
    const packed = gzipSync('{"a":1}');
    packed.writeUInt32LE(promised, packed.length - 4);
    expect(await decodeText(packed, GZIP)).toEqual([[packed.toString(), 'malformed']]);
  });

  it.each(['br', 'zstd', 'gzip, gzip', 'deflate\r\n\u0007', 'x'.repeat(5000)])(
    'is not %j: malformed, said in one short line',
    async (name) => {
      const [piece] = await decodeAll(recordOf(gzipSync('{}'), { 'content-encoding': name }));
      const error = piece?.content.kind === 'refused' ? piece.content.error : '';
      expect(error).toMatch(/^content-encoding [\x21-\x7e]{2,40}: unknown$/);
    },
  );

  it.each(['identity', '', Buffer.from('Identity')])('is not meant by %j', async (name) => {
    expect(await decodeText('{"a":1}', { 'content-encoding': name })).toEqual([['{"a":1}', { a: 1 }]]);
  });
});

describe('limits', () => {
  it('refuse a value larger than the limit as it came, and take one at the limit', async () => {
    expect(await decodeAll(recordOf('{"a":1}'), 7)).toMatchObject([{ content: { kind: 'json' } }]);
    expect(await decodeAll(recordOf('{"a":12}'), 7)).toMatchObject([{ content: { reason: 'too_large' } }]);
  });

  it('refuse a value larger than the limit unpacked, packed bytes kept', async () => {
    const text = `{"a":"${'x'.repeat(992)}"}`;
    const packed = gzipSync(text);
    expect(await decodeAll(recordOf(packed, GZIP), 1000)).toMatchObject([{ content: { kind: 'json' } }]);
    const refused = await decodeAll(recordOf(packed, GZIP), 999);
    expect(refused).toMatchObject([{ unpacked: false, content: { reason: 'too_large' } }]);
    expect(refused[0]?.bytes).toBe(packed);
  });

  it('stop unpacking a compression bomb where they are passed', async () => {
    // A thousand members of 1 MB each in 1 MB: a gigabyte, of which no more than the limit may come to be.
    const member = gzipSync(Buffer.alloc(1_000_000, 0x20));
    const bomb = Buffer.concat(Array.from({ length: 1000 }, () => member));
    expect(gunzipSync(member)).toHaveLength(1_000_000);
    const before = process.memoryUsage().arrayBuffers;
    const pieces = await decodeAll(recordOf(bomb, GZIP), 4_000_000);
    expect(pieces).toMatchObject([{ content: { kind: 'refused', reason: 'too_large' } }]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  it('take brackets 2048 deep and refuse any deeper as malformed, small or large', async () => {
    const nested = (depth: number, filling = '') =>
      `{"a":${'['.repeat(depth - 1)}${filling}${']'.repeat(depth - 1)}}`;
    for (const filling of ['', ' '.repeat(300_000)]) {
      expect(await decodeAll(recordOf(nested(2048, filling)))).toMatchObject([{ content: { kind: 'json' } }]);
      for (const depth of [2049, 100_000]) {
        const pieces = await decodeAll(recordOf(nested(depth, filling)));
        expect(pieces).toMatchObject([{ content: { reason: 'malformed' } }]);
        expect(pieces).toHaveLength(1);
      }
    }
    expect(await decodeAll(recordOf('['.repeat(100_000)))).toMatchObject([
      { content: { reason: 'malformed' } },
    ]);
  });
});
