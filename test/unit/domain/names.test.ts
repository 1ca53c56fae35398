/** Names and spans that outlive a deployment: what is in Redis, on the outcome topic and in the rules goes by them. */
import { expect, it } from 'vitest';
import { MAX_CAP_WINDOW_MS, subjectKey } from '../../../src/domain/cap.ts';
import { hashDocument } from '../../../src/domain/document-hash.ts';
import { EVENT_FIELDS } from '../../../src/domain/event.ts';
import { REDIS_PREFIX } from '../../../src/domain/redis-prefix.ts';

it("a document's hash begins as sha256sum prints it", () => {
  expect(hashDocument('abc')).toBe('ba7816bf8f01');
  expect(hashDocument(Buffer.from('abc'))).toBe('ba7816bf8f01');
});

it('what older pods have put into Redis is found where it was', () => {
  expect(REDIS_PREFIX).toBe('coupon-notifier');
});

it('a cap looks back thirty days at most', () => {
  expect(MAX_CAP_WINDOW_MS).toBe(2_592_000_000);
});

it('pushes count together by user and merchant, and no id can feign another', () => {
  const push = { merchantId: 'm-1', couponId: 'c-1' };
  expect(subjectKey('user', 'u-1', push)).toBe('u-1');
  expect(subjectKey('user+merchant', 'u-1', push)).toBe('u-1 + m-1');
  expect(subjectKey('user+merchant', 'a', { ...push, merchantId: 'b + c' })).toBe('a + b ++ c');
  expect(subjectKey('user+merchant', 'a + b', { ...push, merchantId: 'c' })).toBe('a ++ b + c');
});

it('of a large event just these fields are read', () => {
  const fields = 'userId occurredAt latitude longitude merchantId eventId trigger accuracyMeters';
  expect([...EVENT_FIELDS]).toEqual([...fields.split(' '), 'timeZone', 'locale', 'pushConsent']);
});
