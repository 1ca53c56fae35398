import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { couponRequestTarget } from '../../../../src/partners/coupon/coupon-request.ts';
import { encodeHeader, plainDecimal } from '../../../../src/partners/http/http-encoding.ts';

const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 });

describe('a header value for any id', () => {
  test('an ordinary id is sent as it is', () => {
    expect(encodeHeader('store-42_A:7.1/x~!')).toBe('store-42_A:7.1/x~!');
  });

  test('line ends, controls, blanks and what is not ASCII are percent-encoded', () => {
    expect(encodeHeader('a\r\nX-Evil: 1')).toBe('a%0D%0AX-Evil:%201');
    expect(encodeHeader('ü€😀')).toBe('%C3%BC%E2%82%AC%F0%9F%98%80');
    expect(encodeHeader('100%')).toBe('100%25');
  });

  test('every id fits a header and can be read back', () => {
    fc.assert(
      fc.property(anyText, (id) => {
        const header = encodeHeader(id);
        expect(() => validateHeaderValue('x-event-id', header)).not.toThrow();
        expect(header).toMatch(/^[\x21-\x7e]+$/);
        expect(decodeURIComponent(header)).toBe(id.toWellFormed());
      }),
    );
  });
});

describe('a number without exponent', () => {
  test.each([
    [52.52, '52.52'],
    [-180, '-180'],
    [0, '0'],
    [-0, '0'],
    [1e-7, '0.0000001'],
    [-1.5e-9, '-0.0000000015'],
    [5e-324, '0'],
    [-5e-324, '0'],
  ])('%d → %s', (value, text) => {
    expect(plainDecimal(value)).toBe(text);
  });

  test('is the number again', () => {
    fc.assert(
      fc.property(fc.double({ min: -180, max: 180, noNaN: true }), (value) => {
        const text = plainDecimal(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Math.abs(Number(text) - value)).toBeLessThan(1e-18);
      }),
    );
  });
});

describe('the coupon call’s URL', () => {
  const event = { userId: 'u 1&x=ü', latitude: 1e-7, longitude: -3.5 };

  test.each(['https://coupons.example', 'https://coupons.example/'])('base %s', (base) => {
    const target = couponRequestTarget(base);
    expect(target.origin).toBe('https://coupons.example');
    expect(target.path(event)).toBe(
      '/v1/coupons?userId=u%201%26x%3D%C3%BC&latitude=0.0000001&longitude=-3.5',
    );
  });

  test('a base path stays, its trailing slash does not', () => {
    expect(couponRequestTarget('http://h:8080/a/b//').path({ ...event, merchantId: 'm#1' })).toBe(
      '/a/b/v1/coupons?userId=u%201%26x%3D%C3%BC&latitude=0.0000001&longitude=-3.5&merchantId=m%231',
    );
  });

  test('any user and merchant come out at the other end', () => {
    const target = couponRequestTarget('http://h');
    fc.assert(
      fc.property(anyText, anyText, (userId, merchantId) => {
        const url = new URL(target.path({ userId, merchantId, latitude: 1, longitude: 2 }), 'http://h');
        expect(url.searchParams.get('userId')).toBe(userId.toWellFormed());
        expect(url.searchParams.get('merchantId')).toBe(merchantId.toWellFormed());
      }),
    );
  });

  test('what is no http URL is refused', () => {
    expect(() => couponRequestTarget('ftp://h')).toThrow(TypeError);
    expect(() => couponRequestTarget('h:80/x')).toThrow(TypeError);
  });
});
