import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { basicCredentials, parseTokenAnswer } from '../../../src/partners/token-answer.ts';

const parse = (fields: object) => parseTokenAnswer(JSON.stringify({ access_token: 't', ...fields }));

describe('a token answer', () => {
  test.each([
    ['seconds', 3600, 3_600_000],
    ['seconds as a string', '120', 120_000],
    ['a fraction', 0.5, 500],
    ['missing: assumed short', undefined, 60_000],
    ['null', null, 60_000],
    ['zero', 0, 60_000],
    ['negative', -5, 60_000],
    ['no number', 'soon', 60_000],
    ['blank', ' ', 60_000],
    ['an object', {}, 60_000],
    ['longer than a timer can count', 1e12, 86_400_000],
    ['infinite', '1e999', 86_400_000],
  ])('expires_in %s', (_name, expiresIn, lifetimeMs) => {
    expect(parse({ expires_in: expiresIn })).toEqual({ value: 't', lifetimeMs });
  });

  test.each(['Bearer', 'bearer', undefined, null])('token_type %j is fine', (type) => {
    expect(parse({ token_type: type })).toBeDefined();
  });

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"access_token":""}',
    '{"access_token":7}',
    '{"access_token":"a\\r\\nb"}',
    '{"access_token":"ü"}',
    '{"access_token":"t","token_type":"mac"}',
  ])('is none: %s', (body) => {
    expect(parseTokenAnswer(body)).toBeUndefined();
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(() => parseTokenAnswer(body)).not.toThrow();
      }),
    );
  });
});

test('client id and secret are form-encoded before basic (RFC 6749 §2.3.1)', () => {
  const header = basicCredentials('a:b', 'pä ss%');
  expect(Buffer.from(header.slice(6), 'base64').toString()).toBe('a%3Ab:p%C3%A4+ss%25');
});
