/** What would become of an event now is told up to the coupon call, without one. */
import { expect, it } from 'vitest';
import type { LocationEvent } from '../../../src/domain/event.ts';
import { foresee, type Foreseeing } from '../../../src/replay/foresee.ts';
import { NOW, rules } from '../rules/documents.ts';

const event: LocationEvent = {
  ...{ eventId: 'e-1', userId: 'u-1', occurredAtMs: NOW - 60_000, latitude: 52.52, longitude: 13.405 },
  ...{ trigger: 'enter', pushConsent: true },
};
const foreseen = (changes: Partial<Foreseeing> = {}) => {
  const documents = { rules: () => rules(), findMerchant: () => undefined };
  return foresee({ documents, event, nowMs: NOW, maxEventAgeMs: 900_000, ...changes });
};

it('an event that nothing stops comes to the coupon call', async () => {
  expect(await foreseen()).toBe('coupons');
});

it('an event that a filter stops ends by it', async () => {
  expect(await foreseen({ event: { ...event, pushConsent: false } })).toMatchObject({
    ...{ kind: 'filtered', reason: 'no_consent' },
  });
  expect(await foreseen({ maxEventAgeMs: 59_999 })).toMatchObject({ reason: 'stale' });
});

it('a cap that is full stops it, where somebody remembers the user', async () => {
  const recall = () => Promise.resolve({ kind: 'new', fullCap: 0 } as const);
  expect(await foreseen({ recall })).toMatchObject({ reason: 'cooldown', rule: 'caps[0]' });
});

it('it fails as the memory of the user fails', async () => {
  const away = new Error('Redis is away');
  await expect(foreseen({ recall: () => Promise.reject(away) })).rejects.toBe(away);
});
