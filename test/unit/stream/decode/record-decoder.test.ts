import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeRecord } from '../../../../src/stream/decode/record-decoder.ts';
import { decodeAll, decodeText, MAX_RECORD_BYTES, recordOf } from './raw-record.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const LINES_TYPE = { 'content-type': 'application/x-ndjson' };

describe('one object', () => {
  it('is one event, at once, with the value as it came', () => {
    const record = recordOf(' {"a":1}\n');
    const pieces = decodeRecord(record, { maxRecordBytes: MAX_RECORD_BYTES });
    expect(pieces).toEqual([
      {
        source: { topic: 'events', partition: 3, offset: '42', index: 0 },
        envelope: { key: Buffer.from('key'), headers: {} },
        bytes: record.value,
        unpacked: false,
        content: { kind: 'json', value: { a: 1 } },
      },
    ]);
  });

  it('knows when its record was written; so do those of a record with many', async () => {
    const [alone] = await decodeAll({ ...recordOf('{"a":1}'), writtenAtMs: 7 });
    const many = await decodeAll({ ...recordOf('[{"a":1},{"a":2}]'), writtenAtMs: 7 });
    expect([alone, ...many].map((piece) => piece?.envelope.writtenAtMs)).toEqual([7, 7, 7]);
  });

  it('may be spread over many lines', async () => {
    const value = '{\n  "a": {\n    "b": [\n      {}\n    ]\n  }\n}\n';
    expect(await decodeText(value)).toEqual([[value, { a: { b: [{}] } }]]);
  });

  it('that is broken is malformed as a whole, also over many lines', async () => {
    for (const value of [
      '{"a":1',
      '{"a":1}}',
      '{"a":1} {"b":2}',
      '{\n  "a": 1,\n  "b": {"c":2}\n',
      '{a}\n',
    ]) {
      expect(await decodeText(value)).toEqual([[value, 'malformed']]);
    }
  });

  it('may begin with a byte order mark, which stays in the value as it came', async () => {
    expect(await decodeText('\ufeff{"a":1}')).toEqual([['\ufeff{"a":1}', { a: 1 }]]);
  });

  it('keeps __proto__ as a field of its own', async () => {
    const [piece] = await decodeAll(recordOf('{"__proto__":{"admin":true}}'));
    const value: unknown = piece?.content.kind === 'json' ? piece.content.value : undefined;
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect((value as { admin?: unknown }).admin).toBeUndefined();
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

describe('whole records that are refused', () => {
  it.each<[string, string | Buffer | null, string]>([
    ['a tombstone', null, 'malformed'],
    ['nothing', '', 'malformed'],
    ['blank lines', ' \r\n\t\n ', 'malformed'],
    ['a byte order mark alone', '\ufeff', 'malformed'],
    ['text', 'hello', 'malformed'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'malformed'],
    ['gzip without a header that says so', gzipSync('{"a":1}'), 'malformed'],
    ['an empty array', ' [ ] ', 'invalid'],
    ['a number', '17', 'invalid'],
    ['a string', '"text"', 'invalid'],
    ['true', 'true', 'invalid'],
    ['null', 'null', 'invalid'],
    ['an array that only begins', '[', 'malformed'],
    ['an empty array and more', '[] {}', 'malformed'],
  ])('%s', async (_name, value, reason) => {
    const pieces = await decodeAll(recordOf(value));
    expect(pieces).toMatchObject([{ unpacked: false, content: { kind: 'refused', reason } }]);
    expect(pieces[0]?.bytes).toEqual(typeof value === 'string' ? Buffer.from(value) : value);
  });
});

describe('lines', () => {
  it('are told by their first line, which is an object by itself', async () => {
    expect(await decodeText('{"a":1}\r\n\r\n  \n {"b":2} \nnonsense\r\n{"c":3}')).toEqual([
      ['{"a":1}', { a: 1 }],
      [' {"b":2} ', { b: 2 }],
      ['nonsense', 'malformed'],
      ['{"c":3}', { c: 3 }],
    ]);
  });

  it('are told by a later one where the first is broken', async () => {
    for (const first of ['{"a":', 'nonsense', '"', '{"a":"']) {
      expect(await decodeText(`${first}\n{"b":2}\n`)).toEqual([
        [first, 'malformed'],
        ['{"b":2}', { b: 2 }],
      ]);
    }
  });

  it('are not told by an object inside a broken one that is indented', async () => {
    const value = '{\n  "a": [\n    {"b":2}\n  ],\n}\n';
    expect(await decodeText(value)).toEqual([[value, 'malformed']]);
  });

  it('are counted without the blank ones, from 0', async () => {
    const pieces = await decodeAll(recordOf('\n\n{"a":1}\n\nx\n\n{"b":2}\n\n'));
    expect(pieces.map(({ source }) => source.index)).toEqual([0, 1, 2]);
  });

  it('lose one that is not UTF-8 alone', async () => {
    const value = Buffer.concat([
      Buffer.from('{"a":1}\n{"b":"'),
      Buffer.from([0x80]),
      Buffer.from('"}\n{"c":3}'),
    ]);
    const pieces = await decodeAll(recordOf(value));
    expect(pieces.map(({ content }) => content.kind)).toEqual(['json', 'refused', 'json']);
  });

  it('do not take the byte order mark into the first', async () => {
    expect(await decodeText('\ufeff{"a":1}\n{"b":2}')).toEqual([
      ['{"a":1}', { a: 1 }],
      ['{"b":2}', { b: 2 }],
    ]);
  });
});

describe('the content-type', () => {
  it.each([
    'application/x-ndjson',
    'Application/X-NDJSON ; charset=utf-8',
    Buffer.from('application/x-ndjson'),
    ['text/plain', Buffer.from('application/x-ndjson')],
    '"application/x-ndjson"',
    Buffer.from('"application/x-ndjson;charset=UTF-8"'),
  ])('%s makes every line an event, also a single one', async (type) => {
    const expected = [
      ['[1]', [1]],
      ['{"a":1}', { a: 1 }],
    ];
    expect(await decodeText('[1]\n{"a":1}\n', { 'content-type': type })).toEqual(expected);
    expect(await decodeText('{"a":1}\n', { 'content-type': type })).toEqual([['{"a":1}', { a: 1 }]]);
  });

  it.each(['application/json; charset=utf-8', '"application/json"', Buffer.from(' "Application/JSON" ')])(
    '%s takes lines for what they are then: not JSON',
    async (type) => {
      const headers = { 'content-type': type };
      expect(await decodeText('{"a":1}\n{"b":2}', headers)).toEqual([['{"a":1}\n{"b":2}', 'malformed']]);
      expect(await decodeText('[{"a":1}]', headers)).toEqual([['{"a":1}', { a: 1 }]]);
    },
  );

  it('application/x-ndjson takes an object over many lines for bad lines', async () => {
    expect(await decodeText('{\n"a":1}', LINES_TYPE)).toEqual([
      ['{', 'malformed'],
      ['"a":1}', 'malformed'],
    ]);
  });

  it.each([
    'text/plain',
    'application/octet-stream',
    'application/vnd.acme+json',
    '"application/json',
    '{"type":"application","subtype":"json"}',
    '"'.repeat(5000),
    '',
    Buffer.from([0xff]),
    [] as string[],
  ])('%j leaves it to the content', async (type) => {
    expect(await decodeText('{"a":1}\n{"b":2}', { 'content-type': type })).toHaveLength(2);
    expect(await decodeText('[{"a":1}]', { 'content-type': type })).toEqual([['{"a":1}', { a: 1 }]]);
  });
});

describe('errors', () => {
  it('never quote the payload', async () => {
    const secret = 'S3cret\u0007\nLocation';
    for (const value of [
      secret,
      `{"userId":"${secret}"}`,
      `{"userId" "${secret}"}`,
      `{${secret}}`,
      `{"a":1}${secret}`,
    ]) {
      const [piece] = await decodeAll(recordOf(value, JSON_TYPE));
      const error = piece?.content.kind === 'refused' ? piece.content.error : '';
      expect(error).toMatch(/^not JSON: [\x20-\x7e]{1,100}$/);
      expect(error).not.toContain('S3');
    }
  });
});
