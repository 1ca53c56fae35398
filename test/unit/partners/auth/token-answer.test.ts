import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  basicCredentials,
  parseTokenAnswer,
  refusalCode,
} from '../../../../src/partners/auth/token-answer.ts';

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
    expect(parse({ expires_in: expiresIn })).toEqual({ ok: true, value: 't', lifetimeMs });
  });

  test.each(['Bearer', 'bearer', 'BEARER', 'BearerToken', 'Bearer Token', undefined, null])(
    'token_type %j is fine',
    (type) => {
      expect(parse({ token_type: type }).ok).toBe(true);
    },
  );

  test('behind a byte order mark is one', () => {
    expect(parseTokenAnswer('\ufeff{"access_token":"t"}').ok).toBe(true);
  });

  test.each([
    ['', 'the body is not JSON'],
    ['<html>', 'the body is not JSON'],
    ['null', 'the body is no JSON object'],
    ['[]', 'the body is no JSON object'],
    ['{}', 'access_token is missing or no text'],
    ['{"access_token":""}', 'access_token is empty'],
    ['{"access_token":7}', 'access_token is missing or no text'],
    [`{"access_token":"${'x'.repeat(16_385)}"}`, 'access_token is longer than 16384 characters'],
    ['{"access_token":"a\\r\\nb"}', 'access_token holds characters that fit no header'],
    ['{"access_token":"ü"}', 'access_token holds characters that fit no header'],
    ['{"access_token":"t","token_type":"mac"}', 'token_type says nothing of bearer'],
    ['{"access_token":"t","token_type":7}', 'token_type is no text'],
  ])('is none, and the field is named: %s', (body, error) => {
    expect(parseTokenAnswer(body)).toEqual({ ok: false, error });
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(() => parseTokenAnswer(body)).not.toThrow();
      }),
    );
  });
});

test.each([
  ['{"error":"invalid_client","error_description":"no such"}', 'invalid_client'],
  ['{"error":"something of their own"}', undefined],
  ['{"error":{"code":1}}', undefined],
  ['null', undefined],
  ['<html>', undefined],
])('the refusal in %s is %s: only OAuth’s own words are said', (body, code) => {
  expect(refusalCode(body)).toBe(code);
});

test('client id and secret are form-encoded before basic (RFC 6749 §2.3.1)', () => {
  const header = basicCredentials('a:b', 'pä ss%');
  expect(Buffer.from(header.slice(6), 'base64').toString()).toBe('a%3Ab:p%C3%A4+ss%25');
});
