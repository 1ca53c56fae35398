/** A secret is masked wherever it stands, as it is and as JSON writes it. */
import { expect, it } from 'vitest';
import { createMask } from '../../../src/runtime/mask-secrets.ts';

it('masks each one, however often', () => {
  const mask = createMask(['hunter2', 'pass"word']);
  expect(mask('hunter2 and hunter2')).toBe('[redacted] and [redacted]');
  expect(mask(JSON.stringify({ said: 'pass"word' }))).toBe('{"said":"[redacted]"}');
});

it('one that begins with another one, whole', () => {
  expect(createMask(['secret', 'secret-long'])('secret-long secret')).toBe('[redacted] [redacted]');
});

it('leaves out what is too short to be one', () => {
  expect(createMask(['p', ''])('p is a letter')).toBe('p is a letter');
});
