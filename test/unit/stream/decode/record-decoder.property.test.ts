import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EVENT_FIELDS } from '../../../../src/domain/event.ts';
import { decodeRecord } from '../../../../src/stream/decode/record-decoder.ts';
import { decodeAll, MAX_RECORD_BYTES, recordOf } from './raw-record.ts';

const blank = fc
  .array(fc.constantFrom(' ', '\n', '\r', '\t'), { maxLength: 3 })
  .map((bytes) => bytes.join(''));
/** A JSON value's text, here and there pretty-printed. */
const jsonText = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 2))
  .map(([value, indentation]) => JSON.stringify(value, null, indentation));
/** Bytes of no event: a byte order mark, an array's own, white space. */
const STRUCTURE = /^(?:\xef\xbb\xbf)?[\s[\],]*$/;
const GZIP = { 'content-encoding': 'gzip' };

/** A large record comes in slices: blank space makes a small one large without changing what it says. */
const PADDING = ' '.repeat(300_000);

describe('any array', () => {
  it('comes apart into its elements, slices exact', { timeout: 60_000 }, async () => {
    const element = fc.tuple(blank, jsonText, blank);
    const property = fc.asyncProperty(
      fc.array(element, { minLength: 1 }),
      blank,
      async (elements, around) => {
        const value = `${around}[${elements.map((parts) => parts.join('')).join(',')}]${around}`;
        const expected = elements.map(([, text], index) => [text, JSON.parse(text) as unknown, index]);
        for (const record of [recordOf(value), recordOf(gzipSync(value), GZIP), recordOf(PADDING + value)]) {
          const pieces = await decodeAll(record);
          expect(
            pieces.map(({ bytes, content, source }) => [
              bytes?.toString(),
              content.kind === 'json' ? content.value : content,
              source.index,
            ]),
          ).toEqual(expected);
        }
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it('loses a broken element alone where its brackets and quotes match', { timeout: 60_000 }, async () => {
    const broken = fc.constantFrom(
      'nul',
      '{"a":}',
      '{"a" 1}',
      '[1 2]',
      '{"a":01}',
      '{"a":[}]}',
      '"\\x"',
      '{,}',
    );
    const elements = fc.array(fc.oneof(jsonText, broken), { minLength: 2 });
    const property = fc.asyncProperty(elements, async (texts) => {
      const pieces = await decodeAll(recordOf(`[${texts.join(',')}]`));
      expect(pieces.map(({ bytes }) => bytes?.toString())).toEqual(texts);
      expect(pieces.map(({ content }) => content.kind === 'json')).toEqual(texts.map(isJson));
    });
    await fc.assert(property);
  });
});

describe('any lines', () => {
  it('come apart into events, slices exact', { timeout: 60_000 }, async () => {
    const inLine = fc.constantFrom('', ' ', '\t ');
    const object = fc
      .dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))
      .map((value) => JSON.stringify(value));
    const bad = fc.constantFrom('{', 'x', '{"a":1}}', '[', '"');
    const line = fc.tuple(inLine, fc.oneof({ weight: 3, arbitrary: object }, bad), inLine);
    const end = fc.constantFrom('\n', '\r\n', '\n\n', '\r\n \t\r\n');
    const property = fc.asyncProperty(fc.array(fc.tuple(line, end), { minLength: 1 }), async (lines) => {
      const texts = lines.map(([parts]) => parts.join(''));
      const value = lines.map(([, lineEnd], index) => (texts[index] ?? '') + lineEnd).join('');
      const headers = { 'content-type': 'application/x-ndjson' };
      const plain = await decodeAll(recordOf(value, headers));
      expect(plain.map(({ bytes }) => bytes?.toString())).toEqual(texts);
      expect(plain.map(({ content }) => content.kind === 'json')).toEqual(texts.map(isJson));
      // Without the header they are told by content, if there is anything to tell them by.
      const first = texts[0] ?? '';
      if (lines.length < 2 || !isJson(first)) return;
      expect(await decodeAll(recordOf(value))).toEqual(
        plain.map((piece) => ({ ...piece, envelope: { ...piece.envelope, headers: {} } })),
      );
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

describe('any bytes', () => {
  /** Near-JSON: much likelier to reach the odd corners than plain noise. */
  const soup = fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        '\n',
        '\r',
        ' ',
        '1',
        '"a":',
        '{"a":1}',
        'é',
        '\ufeff',
      ),
      { maxLength: 30, size: 'max' },
    )
    .map((parts) => Buffer.from(parts.join('')));
  const noise = fc.uint8Array({ maxLength: 200, size: 'max' }).map((bytes) => Buffer.from(bytes));
  const anyHeaders = fc.record(
    {
      'content-type': fc.constantFrom('application/json', 'application/x-ndjson', 'x'),
      'content-encoding': fc.constantFrom('gzip', 'identity'),
    },
    { requiredKeys: [] },
  );

  it(
    'come out as pieces that are numbered and hold every byte that means something',
    { timeout: 60_000 },
    async () => {
      const property = fc.asyncProperty(fc.oneof(soup, noise), anyHeaders, async (value, headers) => {
        const pieces = await decodeAll(recordOf(value, headers));
        expect(pieces.length).toBeGreaterThan(0);
        expect(pieces.map(({ source }) => source.index)).toEqual(pieces.map((_, index) => index));
        for (const { content, bytes } of pieces) {
          if (content.kind === 'json') continue;
          expect(content.error).toMatch(/^[\x20-\x7e]{1,120}$/);
          expect(bytes).not.toBeNull();
        }
        if (pieces.length === 1) return;
        // Between the pieces there is nothing but structure: nothing that was sent gets lost.
        // A piece is a window on the value, so it says itself where it lies: its bytes may stand there twice.
        const text = value.toString('latin1');
        let end = 0;
        for (const { bytes } of pieces) {
          if (bytes === null) continue;
          expect(bytes.buffer).toBe(value.buffer);
          const at = bytes.byteOffset - value.byteOffset;
          expect(text.slice(end, at)).toMatch(STRUCTURE);
          end = at + bytes.length;
        }
        expect(text.slice(end)).toMatch(STRUCTURE);
      });
      await fc.assert(property, { numRuns: 3000 });
    },
  );

  /** Of a large event, what is no field is passed over. */
  const fieldsOf = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).filter(([name]) => EVENT_FIELDS.has(name)));
  };

  it('come out the same, at once or in slices', { timeout: 60_000 }, async () => {
    const property = fc.asyncProperty(soup, anyHeaders, async (value, headers) => {
      const small = recordOf(value, headers);
      const large = recordOf(Buffer.concat([value, Buffer.from('\n' + PADDING)]), headers);
      if ('content-encoding' in headers && headers['content-encoding'] === 'gzip') return;
      const atOnce = decodeRecord(small, { maxRecordBytes: MAX_RECORD_BYTES });
      expect(Array.isArray(atOnce)).toBe(true);
      expect(decodeRecord(large, { maxRecordBytes: MAX_RECORD_BYTES })).not.toBeInstanceOf(Array);
      const outline = (pieces: Awaited<ReturnType<typeof decodeAll>>) =>
        pieces.map(({ bytes, content }) => [
          bytes === large.value ? small.value : bytes,
          content.kind === 'json' ? fieldsOf(content.value) : content.reason,
        ]);
      expect(outline(await decodeAll(large))).toEqual(outline(await decodeAll(small)));
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('in a small record of very many events come in slices too, none missing', async () => {
    const record = recordOf(`[${'0,'.repeat(5000)}0]`);
    expect(decodeRecord(record, { maxRecordBytes: MAX_RECORD_BYTES })).not.toBeInstanceOf(Array);
    const pieces = await decodeAll(record);
    expect(pieces.map(({ source }) => source.index)).toEqual(
      Array.from({ length: 5001 }, (_, index) => index),
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
