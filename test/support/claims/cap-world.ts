/**
 * A small world in which users' events are claimed, sent, lost and swept in any order, and a partner that notes
 * every push that reaches it. What it has noted must keep every cap, whatever happened.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { CAP_SUBJECTS, subjectKey, type Cap, type PushSubject } from '../../../src/domain/cap.ts';
import { WRITE_WITHIN_MS } from '../../../src/domain/delivery.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { claimOne, type ClaimsHarness } from './claims-harness.ts';

export type Move =
  | { readonly do: 'advance'; readonly ms: number }
  | {
      readonly do: 'claim';
      readonly user: number;
      readonly coupon: number;
      readonly ttlMs: number;
      /** By a pod of the version before, as in a deployment that rolls. */
      readonly older: boolean;
    }
  | { readonly do: 'permit' | 'take-over' | 'settle-left'; readonly event: number }
  | { readonly do: 'send' | 'sent' | 'retreat' | 'rejected' | 'forget'; readonly attempt: number }
  | { readonly do: 'deliver' | 'sweep' };

const some = fc.nat({ max: 1000 });
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.integer({ min: 0, max: 4000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.constant(65_000) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('claim'),
      user: fc.nat({ max: 1 }),
      coupon: fc.nat({ max: 3 }),
      ttlMs: fc.integer({ min: 500, max: 20_000 }),
      older: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('permit'), event: some }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('take-over', 'settle-left'), event: some }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('send', 'sent'), attempt: some }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('retreat', 'rejected', 'forget'), attempt: some }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep') }) },
);

const cap: fc.Arbitrary<Cap> = fc.record({
  per: fc.constantFrom(...namesOf(CAP_SUBJECTS)),
  max: fc.integer({ min: 1, max: 3 }),
  windowMs: fc.integer({ min: 500, max: 40_000 }),
});

export const history = fc.record({
  /** The partner knows a repeated key: the same event twice is one push. */
  idempotent: fc.boolean(),
  caps: fc.array(cap, { minLength: 1, maxLength: 3 }),
  moves: fc.array(move, { minLength: 30, maxLength: 120, size: 'max' }),
});

export interface Received {
  readonly ref: EventRef;
  readonly coupon: number;
  readonly atMs: number;
}

interface Attempt {
  readonly ref: EventRef;
  readonly coupon: number;
  readonly number: number;
  readonly askedMs: number;
  /** An earlier attempt may have been received. */
  readonly doubtful: boolean;
  written: boolean;
}

/** Of four coupons two are of one merchant. */
const pushOf = (coupon: number): PushSubject => ({
  couponId: String(coupon),
  merchantId: String(Math.floor(coupon / 2)),
});

/** Plays the moves. @returns what reached the partner. */
export async function play(
  harness: ClaimsHarness,
  { caps, moves, idempotent }: { caps: readonly Cap[]; moves: readonly Move[]; idempotent: boolean },
): Promise<Received[]> {
  const world = randomUUID();
  const events: { readonly ref: EventRef; readonly coupon: number }[] = [];
  const attempts: Attempt[] = [];
  const received: Received[] = [];
  const { store } = harness;
  const pick = <T>(list: readonly T[], index: number): T | undefined =>
    list[index % Math.max(1, list.length)];
  const end = (attempt: Attempt) => void attempts.splice(attempts.indexOf(attempt), 1);

  const onEvent = async (what: 'permit' | 'take-over' | 'settle-left', index: number) => {
    const event = pick(events, index);
    if (event === undefined) return;
    const token = randomUUID();
    let askedMs = await harness.nowMs();
    let answer = await store.permit(event.ref, token);
    const doubtful = answer.kind === 'interrupted';
    if (answer.kind === 'interrupted' && what === 'take-over' && idempotent) {
      askedMs = await harness.nowMs();
      answer = await store.takeOver(event.ref, answer.attempt, randomUUID());
    }
    if (answer.kind === 'interrupted' && what === 'settle-left') {
      await store.settle(event.ref, answer.attempt, 'unknown');
    }
    if (answer.kind === 'expired') await store.release(event.ref, 'expired');
    if (answer.kind !== 'granted') return;
    attempts.push({ ...event, number: answer.attempt, askedMs, doubtful, written: false });
  };

  const onAttempt = async (what: 'send' | 'sent' | 'retreat' | 'rejected' | 'forget', index: number) => {
    const attempt = pick(attempts, index);
    if (attempt === undefined) return;
    const { ref, number, coupon } = attempt;
    switch (what) {
      case 'send': {
        const atMs = await harness.nowMs();
        if (attempt.written || atMs - attempt.askedMs >= WRITE_WITHIN_MS) return;
        attempt.written = true;
        if (!idempotent || !received.some((earlier) => earlier.ref === ref))
          received.push({ ref, coupon, atMs });
        return;
      }
      case 'sent':
        if (attempt.written) await store.settle(ref, number, 'sent');
        break;
      case 'retreat':
        if (!attempt.written && !attempt.doubtful) await store.retreat(ref, number);
        break;
      case 'rejected':
        if (!attempt.written && !attempt.doubtful) await store.release(ref, 'rejected', number);
        break;
      case 'forget':
        break;
    }
    end(attempt);
  };

  for (const next of moves) {
    switch (next.do) {
      case 'advance':
        harness.advance(next.ms);
        break;
      case 'sweep':
        await harness.sweep();
        break;
      case 'deliver':
        // The usual course, of the newest event and its attempt.
        await onEvent('permit', 0);
        await onAttempt('send', 0);
        await onAttempt('sent', 0);
        break;
      case 'claim': {
        const ref = { userId: `${world}-${String(next.user)}`, eventId: randomUUID() };
        const pod = next.older ? { claims: harness.older } : harness;
        const answer = await claimOne(pod, ref, caps, { push: pushOf(next.coupon), ttlMs: next.ttlMs });
        if (answer.kind === 'claimed') events.push({ ref, coupon: next.coupon });
        break;
      }
      case 'permit':
      case 'take-over':
      case 'settle-left':
        await onEvent(next.do, next.event);
        break;
      default:
        await onAttempt(next.do, next.attempt);
    }
  }
  return received;
}

/** @returns every breach of a cap, and every event that was sent twice, in words. */
export function breaches(caps: readonly Cap[], received: readonly Received[]): string[] {
  const found: string[] = [];
  for (const { per, max, windowMs } of caps) {
    const bySubject = Map.groupBy(received, ({ ref, coupon }) => subjectKey(per, ref.userId, pushOf(coupon)));
    for (const [subject, list] of bySubject) {
      const times = list.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
      times.forEach((atMs, index) => {
        const later = times[index + max];
        if (later !== undefined && later - atMs < windowMs) {
          found.push(`${subject}: more than ${String(max)} in ${String(windowMs)} ms (${per})`);
        }
      });
    }
  }
  const events = new Set(received.map(({ ref }) => ref.eventId));
  if (events.size < received.length) found.push('an event was sent twice');
  return found;
}
