/** What is kept of a user, read and never changed: for whoever asks why a push came, or did not. */
import type { EventRef } from '../domain/event.ts';
import { capFields, type Cap } from '../domain/cap.ts';
import type { PushEnvelope } from '../domain/push.ts';
import type { RedisClient } from '../redis/connection.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { capSlices, memberEvent } from './history-member.ts';
import { createKeyspace } from './keys.ts';

/** An event's own record. */
export interface KeptEvent {
  /** `claimed`, `sending`, or a delivery outcome. */
  readonly state: string;
  readonly envelope: PushEnvelope;
  /** How often it was tried to be sent. */
  readonly attempts: number;
  /** Epoch ms by Redis's clock: until when it may be sent. */
  readonly expiresAtMs: number;
  /** Epoch ms; undefined while it has not ended. */
  readonly endedAtMs: number | undefined;
  /** Its end is in the outcome topic, where there is one. */
  readonly isReported: boolean;
}

/** A push that counts for caps. */
export interface KeptPush {
  /** The event's part of {@link member}. */
  readonly event: string;
  readonly member: string;
  /** Epoch ms from which it counts; undefined while it is not delivered: then it counts in every window. */
  readonly atMs: number | undefined;
}

export interface UserReader {
  /** @returns undefined where nothing is kept of the event. */
  event(ref: EventRef): Promise<KeptEvent | undefined>;
  /** Oldest first. */
  pushes(userId: string): Promise<readonly KeptPush[]>;
  /** Epoch ms by Redis's clock. */
  nowMs(): Promise<number>;
}

export interface UserReaderOptions {
  readonly redis: RedisClient;
  /** Of the claims: a dry run has its own. */
  readonly prefix: string;
}

/** Every method rejects with `UnavailableError` where Redis is away. */
export function createUserReader({ redis, prefix }: UserReaderOptions): UserReader {
  const keys = createKeyspace(prefix);
  return {
    async event(ref) {
      const [record] = keys.ofEvent(ref);
      const [state, envelope, attempts, expires, ended, reported] = await onRedis(redis, () =>
        redis.hmget(record, 's', 'p', 'n', 'x', 'z', 'c'),
      );
      if (!isThere(state) || !isThere(envelope)) return undefined;
      return {
        state,
        envelope: JSON.parse(envelope) as PushEnvelope,
        attempts: Number(attempts ?? 0),
        expiresAtMs: Number(expires ?? 0),
        endedAtMs: isThere(ended) ? Number(ended) : undefined,
        isReported: isThere(reported),
      };
    },
    async pushes(userId) {
      const [, history] = keys.ofEvent({ userId, eventId: '' });
      const flat = await onRedis(redis, () => redis.zrangebyscore(history, '-inf', '+inf', 'WITHSCORES'));
      const pushes: KeptPush[] = [];
      for (let at = 0; at + 1 < flat.length; at += 2) {
        const member = flat[at] ?? '';
        const score = flat[at + 1] ?? '';
        pushes.push({
          ...{ member, event: member.slice(0, memberEvent('').length) },
          atMs: score === 'inf' ? undefined : Number(score),
        });
      }
      return pushes;
    },
    async nowMs() {
      const [seconds, micros] = await onRedis(redis, () => redis.time());
      return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    },
  };
}

function isThere(field: string | null | undefined): field is string {
  return typeof field === 'string';
}

/** How a cap stands for one of its subjects: the merchant or coupon of some push, or all. */
export interface CapState {
  /** Pushes that count now. */
  readonly count: number;
  /** Epoch ms at which there is room; undefined: there is, or it hangs on a push that is not delivered yet. */
  readonly roomAtMs: number | undefined;
  /** Of the pushes that count. */
  readonly pushes: readonly KeptPush[];
}

/** As the claims count. @returns a state for each subject that has pushes in the window. */
export function capStates(cap: Cap, pushes: readonly KeptPush[], nowMs: number): readonly CapState[] {
  const counting = pushes.filter(({ atMs }) => atMs === undefined || atMs > nowMs - cap.windowMs);
  const slices = capFields(cap.per).length === 0 ? [] : capSlices(cap.per).split(',');
  const subjectOf = ({ member }: KeptPush): string =>
    slices
      .map((slice) => {
        const [from = 1, to = 0] = slice.split('-').map(Number);
        return member.slice(from - 1, to);
      })
      .join('');
  return [...Map.groupBy(counting, subjectOf).values()].map((some) => {
    const delivered = some.flatMap(({ atMs }) => atMs ?? []).sort((a, b) => a - b);
    const tooMany = some.length - cap.max;
    const freeing = tooMany < 0 ? undefined : delivered[tooMany];
    return {
      ...{ count: some.length, pushes: some },
      roomAtMs: freeing === undefined ? undefined : freeing + cap.windowMs,
    };
  });
}
