/** The log shows an error by its name and its message; the flow waits for one kind alone. */
import { expect, test } from 'vitest';
import {
  AbandonedError,
  isUnavailable,
  RefusedToStart,
  UnavailableError,
} from '../../../src/runtime/errors.ts';

test('a service that is away is named, with what was seen of it', () => {
  const cause = new Error('connect ECONNREFUSED');
  const error = new UnavailableError('redis', cause);
  expect(String(error)).toBe('UnavailableError: redis is not available: connect ECONNREFUSED');
  expect(error.service).toBe('redis');
  expect(error.cause).toBe(cause);
  expect(new UnavailableError('kafka', 'no leader').message).toBe('kafka is not available: no leader');
});

test('only a service that is away is waited out', () => {
  expect(isUnavailable(new UnavailableError('redis', 'away'))).toBe(true);
  expect(isUnavailable(new AbandonedError())).toBe(false);
  expect(isUnavailable({ name: 'UnavailableError' })).toBe(false);
});

test('the other errors say what they are', () => {
  expect(String(new AbandonedError())).toBe('AbandonedError: abandoned before its claim');
  expect(String(new AbandonedError('the pod stops'))).toBe('AbandonedError: the pod stops');
  expect(String(new RefusedToStart('no topic'))).toBe('RefusedToStart: no topic');
});
