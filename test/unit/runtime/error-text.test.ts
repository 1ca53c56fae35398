import { describe, expect, test } from 'vitest';
import { errorText, shortError } from '../../../src/runtime/error-text.ts';

const refused = (message: string): Error => Object.assign(new Error(message), { code: 'ECONNREFUSED' });

describe('an error’s text', () => {
  test('is its message as it is', () => {
    expect(errorText(new TypeError('a\nb'))).toBe('a\nb');
    expect(errorText(refused('connect'))).toBe('connect');
  });

  test('has its name where that is asked for', () => {
    expect(errorText(new TypeError('no such thing'), { named: true })).toBe('TypeError: no such thing');
  });

  test('has its code where that is asked for and the message does not hold it', () => {
    expect(errorText(refused('connect'), { withCode: true })).toBe('connect (ECONNREFUSED)');
    expect(errorText(refused('connect\n'), { withCode: true })).toBe('connect (ECONNREFUSED)');
    expect(errorText(refused(''), { withCode: true })).toBe('(ECONNREFUSED)');
    expect(errorText(refused('connect ECONNREFUSED ::1'), { withCode: true })).toBe(
      'connect ECONNREFUSED ::1',
    );
    expect(errorText(Object.assign(new Error('x'), { code: 7 }), { withCode: true })).toBe('x');
  });

  test('is there for what is no error', () => {
    expect(errorText('away', { named: true, withCode: true })).toBe('away');
    expect(errorText(undefined)).toBe('undefined');
  });
});

test('an error is one short line', () => {
  expect(shortError(new Error('a\nb  c'))).toBe('a b c');
  expect(shortError(new Error(' a\n'))).toBe('a');
  expect(shortError(refused('connect'))).toBe('ECONNREFUSED: connect');
  expect(shortError(new RangeError(''))).toBe('RangeError');
  expect(shortError(new Error('x'.repeat(1000)))).toHaveLength(200);
  expect(shortError('a\nb')).toBe('a b');
});
