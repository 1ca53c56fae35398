/** What is kept of a user, read and never changed: for whoever asks why a push came, or did not. */
import type { EventRef } from '../domain/event.ts';
import { capFields, type Cap } from '../domain/cap.ts';
import type { EndedEnvelope, PushEnvelope } from '../domain/push.ts';
import type { RedisClient } from '../redis/connection.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { memberEvent } from './history-member.ts';
import { createKeyspace } from './keys.ts';
import { readShort, shortMember, shortPart, SHORT_ENVELOPE, SHORT_FIELDS } from './short-form.ts';

/** An event's own record. */
export interface KeptEvent {
  /** `claimed`, `sending`, or a delivery outcome. */
  readonly state: string;
  /** Without a text once its end is told. */
  readonly envelope: PushEnvelope | EndedEnvelope;
  /** How often it was tried to be sent. */
  readonly attempts: number;
  /** Epoch ms by Redis's clock: until when it may be sent; undefined once its end is told. */
  readonly expiresAtMs: number | undefined;
  /** Epoch ms; undefined while it has not ended. */
  readonly endedAtMs: number | undefined;
  /** Its end is in the outcome topic, where there is one. */
  readonly isReported: boolean;
}

/** A push that counts for caps. */
export interface KeptPush {
  /** What {@link member} says of its event, as `memberOfEvent` does. */
  readonly event: string;
  /** A character a byte. */
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
      const [state, envelope, attempts, expires, ended, reported, ...short] = await onRedis(redis, () =>
        redis.hmget(record, 's', 'p', 'n', 'x', 'z', 'c', ...SHORT_FIELDS),
      );
      if (!isThere(state) || !isThere(envelope)) return undefined;
      const isShort = envelope === SHORT_ENVELOPE;
      return {
        state,
        envelope: isShort ? readShort(short, ref) : (JSON.parse(envelope) as PushEnvelope),
        attempts: Number(attempts ?? (isShort ? 1 : 0)),
        expiresAtMs: isThere(expires) ? Number(expires) : undefined,
        endedAtMs: isThere(ended) ? Number(ended) : undefined,
        isReported: isThere(reported),
      };
    },
    async pushes(userId) {
      const [, history] = keys.ofEvent({ userId, eventId: '' });
      const flat = await onRedis(redis, () =>
        redis.zrangebyscoreBuffer(history, '-inf', '+inf', 'WITHSCORES'),
      );
      const pushes: KeptPush[] = [];
      for (let at = 0; at + 1 < flat.length; at += 2) {
        const member = flat[at]?.toString('latin1') ?? '';
        const score = flat[at + 1]?.toString() ?? '';
        pushes.push({
          ...{ member, event: shortPart(shortMember(member), 'event') },
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

/** What every member of the event's push says of it, whatever the form. */
export function memberOfEvent(eventId: string): string {
  return shortPart(shortMember(memberEvent(eventId)), 'event');
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
  const subjectOf = ({ member }: KeptPush): string => {
    const short = shortMember(member);
    return capFields(cap.per)
      .map((field) => shortPart(short, field))
      .join('');
  };
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
