/** What is said of letters: which are meant, what their errors have in common, where the fault is, what is covered. */
import { describe, expect, it } from 'vitest';
import { findFault, unpacked } from '../../../../src/cli/dead-letters/fault.ts';
import {
  describeFilter,
  isEmptyFilter,
  matches,
  type Filter,
} from '../../../../src/cli/dead-letters/filter.ts';
import { fingerprintOf } from '../../../../src/cli/dead-letters/fingerprint.ts';
import { createGroups } from '../../../../src/cli/dead-letters/group.ts';
import { parseAddress, readLetter, userOf, type Letter } from '../../../../src/cli/dead-letters/letter.ts';
import { createMarks } from '../../../../src/cli/dead-letters/ledger.ts';
import { redactError, redactText } from '../../../../src/cli/dead-letters/redact.ts';
import { letterMessage, type LetterWish } from '../../../support/cli/letter-desk.ts';
import { gzipSync } from 'node:zlib';

const letterOf = (wish: LetterWish, offset = 0): Letter => readLetter(letterMessage(offset, wish), 0)!;

describe('a filter', () => {
  const letter = letterOf({ atMs: 5000, headers: { error: 'HTTP 422: no place 17' } }, 3);
  it.each<[Filter, boolean]>([
    [{}, true],
    [{ reason: ['malformed', 'invalid'] }, true],
    [{ reason: ['malformed'] }, false],
    [{ partition: [1] }, true],
    [{ partition: [0] }, false],
    [{ sinceMs: 5000 }, true],
    [{ sinceMs: 5001 }, false],
    [{ untilMs: 5001 }, true],
    [{ untilMs: 5000 }, false],
    [{ user: 'u-1' }, true],
    [{ user: 'u-2' }, false],
    [{ error: 'NO PLACE' }, true],
    [{ error: 'http #: no place #' }, true],
    [{ error: 'no place 18' }, false],
    [{ letter: [{ partition: 0, offset: 3 }] }, true],
    [{ letter: [{ partition: 1, offset: 3 }] }, false],
    [{ user: 'u-1', reason: ['malformed'] }, false],
  ])('%j: %s', (filter, expected) => {
    expect(matches(letter, filter)).toBe(expected);
  });

  it('is empty where it leaves nothing out, and is written down without the user', () => {
    expect([isEmptyFilter({ user: undefined }), isEmptyFilter({ user: 'u' })]).toEqual([true, false]);
    expect(JSON.stringify(describeFilter({ user: 'u-secret', sinceMs: 0 }))).toMatch(
      /^\{"since":"1970-01-01T00:00:00.000Z","user":"sha256:[\da-f]{16}"\}$/,
    );
  });
});

describe('a letter', () => {
  it('belongs to the user of its JSON, else of its key', () => {
    expect(userOf(letterOf({ value: '{"userId":"u-9"}', key: 'k' }))).toBe('u-9');
    expect(userOf(letterOf({ value: '{"userId":', key: 'k' }))).toBe('k');
    expect(userOf(letterOf({ value: null, key: null }))).toBeUndefined();
    expect(
      userOf(letterOf({ value: '{', key: 't-0-1-0', headers: { 'original-key': 'none' } })),
    ).toBeUndefined();
  });

  it('is none without the headers of one, and one with strange numbers all the same', () => {
    expect(readLetter({ ...letterMessage(0, {}), headers: {} }, 0)).toBeUndefined();
    expect(letterOf({ headers: { replays: 'often', 'failed-at': 'today' }, atMs: 7 })).toMatchObject({
      ...{ replays: 0, failedAtMs: 7, firstFailedAtMs: 7 },
    });
  });

  it.each([
    ['3:1204', { partition: 3, offset: 1204 }],
    ['3', undefined],
    ['3:', undefined],
    ['-1:4', undefined],
  ])('%s as an address', (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });
});

describe('a fingerprint', () => {
  it.each([
    ['latitude: expected −90…90', 'latitude: expected #'],
    ['userId: expected a string of 1–128 characters', 'userId: expected a string of # characters'],
    ['HTTP 422: Unexpected token "u-17" at 12', 'HTTP #: Unexpected token "…" at #'],
    ['TypeError: cannot read u-7f3a-22 of order_9', 'TypeError: cannot read # of #'],
    ['not JSON: unexpected end', 'not JSON: unexpected end'],
  ])('of %s', (error, expected) => {
    expect(fingerprintOf(error)).toBe(expected);
  });
});

describe('groups', () => {
  it('hold one kind of error each, with its first, last and a sample', () => {
    const groups = createGroups(false);
    groups.add(letterOf({ atMs: 3000, headers: { error: 'no user 17' } }, 1), undefined);
    groups.add(letterOf({ atMs: 1000, headers: { error: 'no user 23', replays: '3' } }, 2), undefined);
    groups.add(letterOf({ headers: { error: 'no user 99' } }, 3), 'replayed');
    groups.add(letterOf({ headers: { reason: 'malformed', error: 'no user 17' } }, 4), undefined);
    expect(groups.counts).toEqual({ letters: 4, open: 3, parked: 1, replayed: 1, discarded: 0 });
    expect(groups.list()).toMatchObject([
      {
        reason: 'invalid',
        fingerprint: 'no user #',
        count: 2,
        parked: 1,
        firstSeenMs: 1000,
        lastSeenMs: 3000,
        sample: '0:1',
      },
      { reason: 'malformed', count: 1 },
    ]);
  });

  it('are bounded', () => {
    const groups = createGroups(true);
    const words = (n: number): string => n.toString(2).replaceAll('0', 'a').replaceAll('1', 'b');
    for (let n = 0; n < 2000; n += 1) groups.add(letterOf({ headers: { error: words(n) } }), undefined);
    expect(groups.list()).toHaveLength(501);
    expect(groups.list()[0]).toMatchObject({ fingerprint: '…', count: 1500 });
  });
});

describe('the fault of', () => {
  const faultOf = (value: string | Buffer, error = '', reason = 'malformed') =>
    findFault(Buffer.from(value), { reason, error });
  it.each([
    ['{"userId":"u-1",}', 16, 'this can’t be here in JSON'],
    ['{"userId":"u-1"', 15, 'the JSON ends too early'],
    ['[1]', 0, 'expected a JSON object'],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22]), 2, 'no UTF-8 from here on'],
    ['', undefined, 'there are no bytes'],
  ])('%s', (value, at, what) => {
    expect(faultOf(value)).toEqual({ at, what });
  });

  it('an invalid field is its value, or its absence', () => {
    const event = '{"userId": "u-1", "latitude": 91}';
    expect(faultOf(event, 'latitude: expected −90…90; longitude: expected a number', 'invalid')).toEqual({
      ...{ at: event.indexOf('91'), what: 'latitude: expected −90…90' },
    });
    expect(faultOf(event, 'longitude: expected a number', 'invalid')).toEqual({
      ...{ at: undefined, what: 'there is no longitude: expected a number' },
    });
  });

  it('a packed value is found in what it unpacks to', () => {
    const headers = { 'content-encoding': 'gzip' };
    expect(String(unpacked(letterOf({ value: gzipSync('{"a":'), headers })).bytes)).toBe('{"a":');
    expect(unpacked(letterOf({ value: 'no gzip', headers }))).toHaveProperty('why');
  });
});

describe('what is shown', () => {
  it.each([
    [
      '{"userId":"u-17","occurredAt":"2026-11-27T10:00:00Z","latitude":52.52,"trigger":"enter"}',
      '{"userId":"••••","occurredAt":"2026-11-27T10:00:00Z","latitude":•••••,"trigger":"enter"}',
    ],
    ['{"userId":"u-17","lat', '{"userId":"••••","•••'],
    ['{userId: u-17, latitude 52.52}', '{userId: ••••, •••••••• •••••}'],
    ['{"trigger":"enter" "u-17" 52.52 13.4}', '{"trigger":"enter" "••••" ••••• ••••}'],
    ['{"secretName":"x","pushConsent":true}', '{"••••••••••":"•","pushConsent":true}'],
    ['user u-17 was here', '•••• •••• ••• ••••'],
    ['{"userId":"a \\"b\\" c"}', '{"userId":"• \\"•\\" •"}'],
  ])('of %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
    expect(redactText(text)).toHaveLength(text.length);
  });

  it('of an error: neither the letter’s ids nor coordinates', () => {
    expect(redactError('no route from 52.5200 to u-17-9 for u-17', ['u-17', 'u-17-9'])).toBe(
      'no route from ••••••• to •••••• for ••••',
    );
  });
});

describe('marks', () => {
  it('survive the way through the topic, each by itself, also of millions of letters', () => {
    const marks = createMarks('id');
    const addresses = [0, 1, 4095, 4096, 9_000_000].map((offset) => ({ partition: 2, offset }));
    for (const record of marks.plan(addresses.slice(0, 4), 'replayed')) marks.take(record);
    for (const record of marks.plan(addresses.slice(4), 'discarded')) marks.take(record);
    expect(addresses.map((address) => marks.of(address))).toEqual([
      ...['replayed', 'replayed', 'replayed', 'replayed', 'discarded'],
    ]);
    expect(marks.of({ partition: 2, offset: 2 })).toBeUndefined();
    expect(marks.of({ partition: 1, offset: 0 })).toBeUndefined();
  });

  it('take two bits a letter at most', () => {
    const marks = createMarks('id');
    const all = Array.from({ length: 4096 }, (_, offset) => ({ partition: 0, offset }));
    for (const record of marks.plan(
      all.filter((_, n) => n % 2 === 0),
      'replayed',
    ))
      marks.take(record);
    const [record, ...others] = marks.plan(
      all.filter((_, n) => n % 2 === 1),
      'discarded',
    );
    expect(others).toEqual([]);
    expect(record?.value?.length).toBeLessThan(1450);
  });

  it('of other topics, and what can’t be read, change nothing', () => {
    const marks = createMarks('id');
    for (const value of ['{', '[]', '"x"', '{"v":1,"replayed":7}', null])
      marks.take({ key: 'done/id/0/0', value });
    marks.take({ key: 'done/old/0/0', value: '{"v":1,"replayed":"/w=="}' });
    expect(marks.of({ partition: 0, offset: 0 })).toBeUndefined();
    expect(marks.planSweep(new Map())).toEqual([{ key: 'done/old/0/0', value: null }]);
  });
});
