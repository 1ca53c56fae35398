/** The members of a history, byte by byte: pods of other versions read them, and they live for a month. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  capSlices,
  historyMember,
  MEMBER_EVENT_LENGTH,
  MEMBER_VERSION,
  memberEvent,
  PARTS,
} from '../../../src/claims/history-member.ts';
import { CAP_SUBJECTS, subjectKey, type PushSubject } from '../../../src/domain/cap.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { olderMember } from '../../support/claims/older-pod.ts';
import { CAP_EXAMPLES } from '../../support/claims/cap-examples.ts';

const anyId = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 });
/** Redis packs a sorted set while no member is longer (`zset-max-listpack-value`). */
const PACKED_BYTES = 64;

/** What follows the event's part in each version that may be alive. The next one begins like the one before it. */
const VERSIONS: Readonly<Record<string, string>> = {
  '1': 'merchantId 12, couponId 12',
  '2': 'merchantId 12, couponId 12, version 1',
};

/** What the claim script makes of a member and a cap. */
function subjectOf(member: string, slices: string): string {
  return Array.from(slices.matchAll(/(\d+)-(\d+)/g), ([, from, to]) =>
    member.slice(Number(from) - 1, Number(to)),
  ).join('');
}

describe('a history member', () => {
  it('is short and plain whatever the ids', () => {
    fc.assert(
      fc.property(anyId, anyId, anyId, (eventId, merchantId, couponId) => {
        const member = historyMember(eventId, { merchantId, couponId });
        expect(member).toMatch(/^[A-Za-z0-9_-]{41}$/);
        expect(member.length).toBeLessThanOrEqual(PACKED_BYTES);
      }),
    );
  });

  it('has another mark whenever its parts change, and only ever more parts', () => {
    const parts = namesOf(PARTS).map((part) => `${part} ${String(PARTS[part])}`);
    expect(VERSIONS[MEMBER_VERSION]).toBe(parts.join(', '));
    const inOrder = Object.values(VERSIONS);
    inOrder.slice(1).forEach((later, before) => {
      expect(later.startsWith(`${inOrder[before] ?? ''}, `)).toBe(true);
    });
    expect(MEMBER_EVENT_LENGTH).toBe(16);
  });

  it('begins as one of version 1, which pods of that version read by the place of its parts', () => {
    fc.assert(
      fc.property(anyId, anyId, anyId, (eventId, merchantId, couponId) => {
        const older = olderMember(eventId, { merchantId, couponId });
        expect(older).toHaveLength(40);
        expect(historyMember(eventId, { merchantId, couponId })).toBe(`${older}2`);
        expect(older.startsWith(memberEvent(eventId))).toBe(true);
      }),
    );
  });

  it.each(namesOf(CAP_SUBJECTS))('counts by %s as the domain does, in both versions', (per) => {
    const { together, apart } = CAP_EXAMPLES[per];
    const pushes: PushSubject[] = [...together, ...(apart === undefined ? [] : [apart])];
    const slices = capSlices(per);
    for (const one of pushes) {
      for (const other of pushes) {
        const same = subjectKey(per, 'u', one) === subjectKey(per, 'u', other);
        for (const member of [historyMember('e-2', other), olderMember('e-2', other)]) {
          expect(subjectOf(historyMember('e-1', one), slices) === subjectOf(member, slices)).toBe(same);
        }
      }
    }
  });
});
