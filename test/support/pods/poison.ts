/**
 * Kafka records that nobody should send: everything between an event and noise, by chance and by hand. What a pod
 * makes of each is its own affair; that it makes exactly one thing of each event in them, and lives, is the test's.
 */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

export interface PoisonRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[]>>;
}

/** What a whole event's text looks like; each is spoilt in one place or more. */
function eventText(fields: Readonly<Record<string, string>> = {}): string {
  const all: Record<string, string> = {
    userId: '"poisoned"',
    occurredAt: JSON.stringify(new Date().toISOString()),
    latitude: '52.5',
    longitude: '13.4',
    ...fields,
  };
  return `{${Object.entries(all)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`;
}

const deep = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);
const ANSI = '\u001b[2J\u001b]0;owned\u0007\u009b31m';
const HOSTILE_TEXT = [
  '',
  '\u0000',
  '\n{"level":"fatal"}\n',
  ANSI,
  '\u2028\u2029\u0085',
  '\u202e\u2066\ufeff',
  '__proto__',
  'constructor',
  '}{',
  '{u-1}:h',
  '🦊'.repeat(65),
  'é'.repeat(128),
  '%00%0a$(id)`id`',
  "'; DROP TABLE users; --",
  'x'.repeat(5000),
];
/** JSON texts that stand where a field's value should: many are legal JSON and no legal value. */
const HOSTILE_JSON = [
  ...HOSTILE_TEXT.map((text) => JSON.stringify(text)),
  ...[
    '1e999',
    '-1e999',
    '1e-999',
    '-0',
    '0.0000000000000000000000000001',
    '9'.repeat(5000),
    `0.${'1'.repeat(5000)}`,
  ],
  ...['01', '+1', '.5', '1.', '0x10', 'NaN', 'Infinity', 'undefined', "'a'", '1_000', '1n', 'True'],
  ...['"\\ud800"', '"\\udc00x"', '"\\u0000"', '"\\x41"', '"a\nb"', '"\\', '"', '{', '[', 'nul'],
  ...['{}', '[]', '[[]]', 'null', 'true', '{"toString":1,"valueOf":null}', '{"length":1e9}'],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'],
  ...[deep(100, '[', ']'), deep(2047, '[', ']'), deep(3000, '{"a":', '}'), deep(60_000, '[', ']')],
];
const FIELDS = [
  ...['userId', 'eventId', 'merchantId', 'occurredAt', 'latitude', 'longitude', 'trigger', 'accuracyMeters'],
  ...['timeZone', 'locale', 'pushConsent', '__proto__', 'constructor', 'toJSON', 'then', 'polluted'],
];

const hostileJson = fc.oneof(
  fc.constantFrom(...HOSTILE_JSON),
  fc.json({ maxDepth: 5, stringUnit: 'binary' }),
);
const spoiltEvent = fc
  .dictionary(fc.constantFrom(...FIELDS), hostileJson, { minKeys: 1, maxKeys: 3 })
  .map((fields) => eventText(fields));
/** The same name twice: the last wins, for whoever parses it. */
const doubledEvent = fc
  .tuple(fc.constantFrom(...FIELDS), hostileJson, hostileJson)
  .map(([field, first, second]) => `{"${field}":${first},${eventText({ [field]: second }).slice(1)}`);
const mutated = fc
  .tuple(
    fc.oneof(spoiltEvent, fc.constant(eventText())),
    fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'insert', 'delete', 'cut')), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([text, changes]) => changes.reduce(mutate, Buffer.from(text)));

function mutate(
  bytes: Buffer,
  [where, byte, how]: readonly [number, number, 'set' | 'insert' | 'delete' | 'cut'],
): Buffer {
  const at = where % (bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (how === 'cut') return Buffer.from(before);
  if (how === 'delete') return Buffer.concat([before, after.subarray(1)]);
  return Buffer.concat([before, Buffer.of(byte), after.subarray(how === 'set' ? 1 : 0)]);
}

const text = fc.oneof(spoiltEvent, doubledEvent, fc.constant(eventText()), fc.constantFrom(...HOSTILE_JSON));
const many = fc.oneof(
  fc.array(text, { maxLength: 8 }).map((parts) => `[${parts.join(',')}]`),
  fc.array(text, { maxLength: 8 }).map((parts) => parts.join('\n')),
  fc.array(text, { maxLength: 8 }).map((parts) => parts.join('\r\n\r\n')),
);
const framed = fc
  .tuple(
    fc.oneof(text, many),
    fc.constantFrom('', '\ufeff', ' \n\t', '\u0000', '\u2028'),
    fc.constantFrom('', '\n', '\u0000', ',', ']'),
  )
  .map(([value, before, after]) => before + value + after);
const plain = fc.oneof(
  { weight: 4, arbitrary: framed.map((value) => Buffer.from(value)) },
  { weight: 2, arbitrary: mutated },
  { weight: 1, arbitrary: framed.map((value) => Buffer.from(value, 'utf16le')) },
  { weight: 1, arbitrary: framed.map((value) => Buffer.from(value, 'latin1')) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
);
const packed = fc
  .tuple(plain, fc.constantFrom('whole', 'cut', 'twice', 'trailed', 'spoilt', 'nested'), fc.nat())
  .map(([value, how, where]) => {
    const gzip = gzipSync(value);
    const at = where % gzip.length;
    if (how === 'cut') return gzip.subarray(0, at);
    if (how === 'twice') return Buffer.concat([gzip, gzip]);
    if (how === 'trailed') return Buffer.concat([gzip, Buffer.from('trailer')]);
    if (how === 'nested') return gzipSync(gzip);
    if (how === 'spoilt') gzip.writeUInt8(gzip.readUInt8(at) ^ 0xff, at);
    return gzip;
  });

const headerValue = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/x-ndjson',
    'text/plain; charset=\u0000',
    '',
    ...HOSTILE_TEXT,
  ),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const HEADER_NAMES = [
  ...[
    'content-type',
    'Content-Type',
    'traceparent',
    'event-id',
    'source-offset',
    'reason',
    'error',
    'value-bytes',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'é\u0000\u009b'],
];
const headers = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom(...HEADER_NAMES),
      fc.oneof({ weight: 4, arbitrary: headerValue }, fc.array(headerValue, { minLength: 2, maxLength: 3 })),
    ),
    { selector: ([name]) => name, maxLength: 4 },
  )
  .map((pairs) => Object.fromEntries(pairs));
const key = fc.oneof(
  fc.constant(null),
  fc.constantFrom(...HOSTILE_TEXT.slice(0, 8)).map((value) => Buffer.from(value)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);

/** Any such record. Values are at most some 100 KiB. */
export const poison: fc.Arbitrary<PoisonRecord> = fc
  .tuple(key, headers, fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: packed }), fc.nat(7))
  .map(([recordKey, own, value, chance]) => {
    // What begins as gzip mostly says so; now and then what is none does too.
    const isPacked = value[0] === 0x1f && value[1] === 0x8b;
    const encoding = isPacked === chance > 0 ? { 'content-encoding': 'gzip' } : {};
    return { key: recordKey, value, headers: { ...own, ...encoding } };
  });

/** Bombs and giants, one of each: a few KiB that become `unpackedBytes`, long strings, many events, a tombstone. */
export function giants(unpackedBytes: number): readonly PoisonRecord[] {
  const gzip = { 'content-encoding': 'gzip' };
  const of = (value: Buffer | string | null, own: PoisonRecord['headers'] = {}): PoisonRecord => ({
    key: Buffer.from('giant'),
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: own,
  });
  const zeros = gzipSync(Buffer.alloc(unpackedBytes));
  return [
    of(null),
    of(''),
    of(zeros, gzip),
    of(gzipSync(zeros), gzip),
    of(gzipSync(`[${'{},'.repeat(unpackedBytes / 3)}{}]`), gzip),
    of(gzipSync(`{"userId":"${'x'.repeat(unpackedBytes)}"}`), gzip),
    of(gzipSync(deep(unpackedBytes / 2, '[', ']')), gzip),
    of(`{"userId":"${'x'.repeat(700_000)}"}`),
    of(`{"userId":"${'\\u0000'.repeat(100_000)}"}`),
    of(eventText({ note: JSON.stringify(ANSI.repeat(20_000)) })),
    of(`[${'0,'.repeat(3000)}0]`),
    of('{}\n'.repeat(3000)),
    of('\n'.repeat(500_000)),
    of(' '.repeat(500_000)),
    of('"'.repeat(300_001)),
    of('\\'.repeat(300_001)),
    of(deep(300_000, '[', ']')),
    of(deep(100_000, '{"a":', '}')),
    of(`{"a":${'1'.repeat(700_000)}}`),
    of(`{${'"userId":"a",'.repeat(40_000)}"userId":"b"}`),
    of(Buffer.alloc(700_000, 0xff)),
    of(eventText(), { ...gzip, 'content-type': 'application/x-ndjson' }),
    of(eventText(), { 'content-encoding': 'br' }),
    of(eventText(), { 'content-encoding': ['gzip', 'gzip'] }),
  ];
}
