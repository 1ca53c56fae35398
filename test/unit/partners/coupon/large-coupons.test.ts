/** However a large answer is read, what comes of it is what is said of a small one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLargeBody, readSmallBody } from '../../../../src/partners/coupon/coupon-body.ts';
import { parseCoupons } from '../../../../src/partners/coupon/coupon-schema.ts';
import { parseLargeCoupons } from '../../../../src/partners/coupon/large-coupons.ts';

const MIB = 1024 * 1024;
const GOOD = { couponId: 'c-1', merchantId: 'm-1', title: 'Ten percent' };
const good = JSON.stringify(GOOD);
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const filled = (item: string, bytes = MIB): string =>
  `{"coupons":[${Array<string>(Math.floor((bytes - 14) / (item.length + 1)))
    .fill(item)
    .join(',')}]}`;

describe('the same as of a small body', () => {
  test.each([
    `{"coupons":[${good}]}`,
    `\ufeff{"coupons":[${good},null,${good}]}`,
    ` { "a" : [ { "coupons" : [ ] } ] , "coupons" : [ ${good} , 7 , "x" ] , "z" : { } } \n`,
    `{"coupons":[],"coupons":[${good}]}`,
    `{"coupons":[${good}],"coupons":null}`,
    `{"\\u0063oupons":[${good}]}`,
    `{"coup\\u006fns":7,"coupons":[]}`,
    `{"__proto__":{"coupons":[${good}]}}`,
    `{"coupons":[{"couponId":"c","\\u0063ouponId":"d","merchantId":"m","title":"t\\"]}","x":[1,{"title":2}]}]}`,
    `{"coupons":[{"couponId":"a","merchantId":"b","title":"c"}]}`,
    `{"coupons":[{"__proto__":${good},"constructor":{"prototype":${good}}}]}`,
    '{"coupons":[]}',
    '{"coupons":[ ]}',
    '{"coupons":{"length":1}}',
    '{"coupons":"x"}',
    '[]',
    '7',
    'null',
    '',
    '   ',
    '{"coupons":[',
    `{"coupons":[${good}`,
    `{"coupons":[${good},]}`,
    `{"coupons":[${good}]}}`,
    `{"coupons":[${good}]} x`,
    `{coupons:[${good}]}`,
    `{"coupons":[${good.slice(0, -1)},"discountPercent":1e999}]}`,
    `{"coupons":[{"couponId":"${'x'.repeat(600)}","merchantId":"m","title":"t"},${good}]}`,
    `{"coupons":${deep(1000)}}`,
  ])('%s', async (text) => {
    expect(await parseLargeCoupons(Buffer.from(text))).toEqual(parseCoupons(Buffer.from(text)));
  });

  test.each<[string, string]>([
    ['a text as long as it may be, every character escaped', '\\u00e4'.repeat(65_536)],
    ['a text that is longer', 'x'.repeat(65_537)],
    ['a text that is far longer', '\\u00e4'.repeat(100_000)],
  ])('a coupon with %s', async (_name, text) => {
    const body = Buffer.from(
      `{"coupons":[{"couponId":"c","merchantId":"m","title":"t","body":"${text}"},${good}]}`,
    );
    expect(await parseLargeCoupons(body)).toEqual(parseCoupons(body));
  });

  test('a coupon with half a megabyte of what nobody asked for', async () => {
    const rest = `"x":[${Array<string>(90_000).fill('{"a":1}').join(',')}],"title":["t"],"title":"t"`;
    const body = Buffer.from(`{"coupons":[{"couponId":"c","merchantId":"m",${rest}}]}`);
    expect(await parseLargeCoupons(body)).toEqual(parseCoupons(body));
  });

  test('not UTF-8', async () => {
    const body = Buffer.from('7b22636f75706f6e73223a5b22ff225d7d', 'hex');
    expect(await parseLargeCoupons(body)).toEqual(parseCoupons(body));
  });

  test('any JSON, whole or cut', async () => {
    const item = fc.oneof(
      fc.jsonValue(),
      fc.record({ couponId: fc.string(), merchantId: fc.string(), title: fc.string(), body: fc.jsonValue() }),
    );
    const envelope = fc.oneof(
      fc.record({ coupons: fc.array(item, { maxLength: 6 }), other: fc.jsonValue() }),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(envelope, fc.nat({ max: 3 }), fc.nat({ max: 40 }), async (value, space, cut) => {
        const text = Buffer.from(JSON.stringify(value, null, space));
        const body = cut < 30 ? text : text.subarray(0, text.length - cut + 29);
        expect(await parseLargeCoupons(body)).toEqual(parseCoupons(body));
      }),
    );
  });
});

test.each<[string, string]>([
  ['coupons', filled(good)],
  ['the smallest coupons', filled('{"couponId":"a","merchantId":"b","title":"c"}')],
  ['empty objects', filled('{}')],
  ['empty lists', filled('[]')],
  ['digits', filled('1')],
  [
    'different keys',
    `{${Array.from({ length: 90_000 }, (_, at) => `"k${String(at)}":1`).join(',')},"coupons":[]}`,
  ],
  [
    'objects of one key each',
    `{"coupons":[${Array.from({ length: 60_000 }, (_, at) => `{"k${String(at)}":1}`).join(',')}]}`,
  ],
  ['lists in each other', `{"coupons":${deep(MIB / 2 - 20)}}`],
  ['objects in each other', `{"coupons":[${'{"a":'.repeat(170_000)}1${'}'.repeat(170_000)}]}`],
])('a megabyte of %s is read in many turns of the event loop', async (_name, text) => {
  const body = Buffer.from(text);
  expect(body.length).toBeGreaterThan(MIB / 2);
  let turns = 0;
  const count = setInterval(() => (turns += 1), 0);
  expect(readSmallBody(body, undefined, 2 * MIB)).toBeUndefined();
  const parsed = await readLargeBody(body, undefined, 2 * MIB);
  clearInterval(count);
  expect(parsed).toEqual(parseCoupons(body));
  // Each turn is a slice of 4 ms: one of them alone would have done it all.
  expect(turns).toBeGreaterThan(1);
});

test('a small one is read at once', () => {
  expect(readSmallBody(Buffer.from(`{"coupons":[${good}]}`), undefined, MIB)).toEqual({
    ok: true,
    coupons: [GOOD],
    invalid: 0,
  });
});
