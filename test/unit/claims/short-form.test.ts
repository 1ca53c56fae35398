/** The short form of what is told, byte by byte: it lives for a month, and pods of later versions read it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyMember, memberEvent } from '../../../src/claims/history-member.ts';
import { memberOfEvent } from '../../../src/claims/read-user.ts';
import {
  readShort,
  shortMember,
  shortPart,
  SHORT_MEMBER,
  SHORT_PARTS,
} from '../../../src/claims/short-form.ts';
import { olderMember } from '../../support/claims/older-pod.ts';

const anyId = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 });
const ref = { userId: 'u', eventId: 'a-topic-7-3-41-0' };

describe('a short member', () => {
  it('has its parts where pods of every version will look for them', () => {
    expect(SHORT_PARTS).toEqual([
      { name: 'event', from: 1, at: 1, bytes: 3 },
      { name: 'merchantId', from: 17, at: 4, bytes: 5 },
      { name: 'couponId', from: 29, at: 9, bytes: 5 },
    ]);
    expect(SHORT_MEMBER).toBe(13);
    // What a version before asks for begins at 17: to it a short member is of any subject.
    expect(SHORT_MEMBER).toBeLessThan(17);
  });

  it('says what the long one said, of whichever version, and nothing of another', () => {
    fc.assert(
      fc.property(anyId, anyId, anyId, anyId, (eventId, merchantId, couponId, other) => {
        const short = shortMember(historyMember(eventId, { merchantId, couponId }));
        expect(short).toBe(shortMember(olderMember(eventId, { merchantId, couponId })));
        expect(short).toBe(shortMember(short));
        expect(short).toHaveLength(SHORT_MEMBER);
        expect(shortPart(short, 'event')).toBe(memberOfEvent(eventId));
        const second = shortMember(historyMember(other, { merchantId: other, couponId: other }));
        for (const [name, id] of [
          ['merchantId', merchantId],
          ['couponId', couponId],
        ] as const)
          expect(shortPart(short, name) === shortPart(second, name)).toBe(id === other);
      }),
    );
    expect(memberEvent('e')).toHaveLength(16);
  });
});

describe('a short record', () => {
  it('has its source from the event’s id where it says no other', () => {
    const short = ['c', 'm', 'r-1', null, null, null];
    const push = { ...ref, couponId: 'c', merchantId: 'm', rulesVersion: 'r-1' };
    const source = { topic: 'a-topic-7', partition: 3, offset: '41', index: 0 };
    expect(readShort(short, ref)).toEqual({ push, source });
    expect(readShort(['c', 'm', 'r-1', 'h', 't-9-9007199254740993-2', 'trace'], ref)).toEqual({
      ...{ push, rulesHash: 'h', traceparent: 'trace', isTraced: true },
      source: { topic: 't', partition: 9, offset: '9007199254740993', index: 2 },
    });
  });

  it('that lacks what each has is a defect', () => {
    expect(() => readShort(['c', null, 'r-1', null, null, null], ref)).toThrow(/lacks its coupon, merchant/);
  });
});
