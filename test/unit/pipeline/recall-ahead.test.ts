/** An answer got ahead is used only where asking now would answer the same. */
import { beforeEach, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import type { Claims, ClaimRequest, Recalled } from '../../../src/pipeline/ports.ts';
import { createRecallAhead, type RecallAhead } from '../../../src/pipeline/recall-ahead.ts';

const caps = [{ per: 'user', max: 1, windowMs: 1000 }] as const;
const first = { userId: 'u-1', eventId: 'e-1' };
const second = { userId: 'u-1', eventId: 'e-2' };
const room: Recalled = { kind: 'new' };

let asked: string[];
let nowMs: number;
let answer: () => Promise<Recalled>;
let ahead: RecallAhead;
const claimOf = (userId: string): ClaimRequest => ({
  ref: { userId, eventId: 'e-1' },
  candidates: [],
  caps,
  ttlMs: 1,
  acceptableUntilMs: 1,
});

beforeEach(() => {
  asked = [];
  nowMs = 5000;
  answer = () => Promise.resolve(room);
  const claims: Claims = {
    recall: ({ eventId }) => {
      asked.push(eventId);
      return answer();
    },
    claim: () => Promise.resolve({ kind: 'no_room', cap: 0 }),
  };
  ahead = createRecallAhead(claims, () => nowMs);
});

describe('an event that was looked up ahead', () => {
  it('is not asked for again', async () => {
    ahead.ahead(second, caps);
    await expect(ahead.recall(second, caps)).resolves.toBe(room);
    expect(asked).toEqual(['e-2']);
  });

  it('is asked for again the second time: it is being retried', async () => {
    ahead.ahead(second, caps);
    await ahead.recall(second, caps);
    await ahead.recall(second, caps);
    expect(asked).toEqual(['e-2', 'e-2']);
  });

  it('is asked for again once a claim of its user has ended, whatever came of that', async () => {
    ahead.ahead(second, caps);
    await ahead.claim(claimOf('u-1'));
    await ahead.recall(second, caps);
    expect(asked).toEqual(['e-2', 'e-2']);
  });

  it('is asked for again where the claim’s reply was lost', async () => {
    const failing = createRecallAhead({
      recall: ({ eventId }) => {
        asked.push(eventId);
        return answer();
      },
      claim: () => Promise.reject(new UnavailableError('redis', 'reset')),
    });
    failing.ahead(second, caps);
    await expect(failing.claim(claimOf('u-1'))).rejects.toThrow(UnavailableError);
    await failing.recall(second, caps);
    expect(asked).toEqual(['e-2', 'e-2']);
  });

  it('is asked for again where the event before it has begun anew: its answer would be the older one', async () => {
    await ahead.recall(first, caps);
    ahead.ahead(second, caps);
    await ahead.recall(first, caps);
    await ahead.recall(second, caps);
    expect(asked).toEqual(['e-1', 'e-2', 'e-1', 'e-2']);
  });

  it('is not asked for again for another user’s claim', async () => {
    ahead.ahead(second, caps);
    await ahead.claim(claimOf('u-2'));
    await ahead.recall(second, caps);
    expect(asked).toEqual(['e-2']);
  });

  it('is asked for again under other caps', async () => {
    ahead.ahead(second, caps);
    await ahead.recall(second, [...caps]);
    expect(asked).toEqual(['e-2', 'e-2']);
  });

  it.each([
    [1000, 1],
    [1001, 2],
  ])('after %i ms: asked for %i times', async (ageMs, times) => {
    ahead.ahead(second, caps);
    nowMs += ageMs;
    await ahead.recall(second, caps);
    expect(asked).toHaveLength(times);
  });

  it('is asked for again where Redis was away, and nobody hears of the first failure', async () => {
    answer = () => Promise.reject(new UnavailableError('redis', 'refused'));
    ahead.ahead(second, caps);
    await new Promise((resolve) => setImmediate(resolve));
    answer = () => Promise.resolve(room);
    await expect(ahead.recall(second, caps)).resolves.toBe(room);
    expect(asked).toEqual(['e-2', 'e-2']);
  });
});

it('looks one event of a user up at a time', async () => {
  ahead.ahead(first, caps);
  ahead.ahead(second, caps);
  await ahead.recall(first, caps);
  await ahead.recall(second, caps);
  expect(asked).toEqual(['e-1', 'e-2']);
});

it('keeps nothing of an event that will not come', async () => {
  ahead.ahead(first, caps);
  ahead.forget(first);
  ahead.ahead(second, caps);
  await ahead.recall(second, caps);
  expect(asked).toEqual(['e-1', 'e-2']);
});

it('keeps what another user asked for, who has the same place', async () => {
  ahead.ahead(second, caps);
  for (let user = 0; user < 3000; user += 1) {
    await ahead.recall({ userId: `v-${String(user)}`, eventId: 'e' }, caps);
  }
  await ahead.recall(second, caps);
  expect(asked.filter((eventId) => eventId === 'e-2')).toHaveLength(1);
});

it('forgets only what is meant: another event of that user stays', async () => {
  ahead.ahead(second, caps);
  ahead.forget(first);
  await ahead.recall(second, caps);
  expect(asked).toEqual(['e-2']);
});
