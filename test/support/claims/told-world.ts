/** A user's pushes in the real Redis, whose ends are told among pods of this version, or beside one of the version before. */
import { randomUUID } from 'node:crypto';
import { createClaims } from '../../../src/claims/claims.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import { createKeyspace } from '../../../src/claims/keys.ts';
import type { DeliveryOutcome, DeliveryStore } from '../../../src/domain/delivery.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { EndedEnvelope, PushEnvelope } from '../../../src/domain/push.ts';
import type { ClaimAnswer, Claims } from '../../../src/pipeline/ports.ts';
import { closeRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { connectTestRedis, envelopeOf } from './claims-harness.ts';

/** What is pushed where nothing else is said. */
export const ref: EventRef = { userId: 'u-1', eventId: 'e-1' };

export interface ToldWorld {
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly claims: Claims;
  /** Of a pod among pods of this version only. */
  readonly store: DeliveryStore;
  /** Of a pod beside one of the version before. */
  readonly besideOlder: DeliveryStore;
  keysOf(about?: EventRef): readonly [record: string, history: string];
  claimWhole(envelope: PushEnvelope, about?: EventRef): Promise<ClaimAnswer>;
  /** Claims it and brings it to its end, which is not told yet. */
  end(outcome: DeliveryOutcome, envelope: PushEnvelope, about?: EventRef): Promise<unknown>;
  /** Sent, and told. */
  deliver(eventId: string, push?: Partial<PushEnvelope['push']>): Promise<void>;
  close(): Promise<void>;
}

export async function openToldWorld(): Promise<ToldWorld> {
  const redis = await connectTestRedis();
  const options = { redis, prefix: `test-${randomUUID()}` };
  const claims = createClaims(options);
  const store = createDeliveries({ ...options, mayShorten: () => true });

  const claimWhole: ToldWorld['claimWhole'] = (envelope, about = ref) =>
    claims.claim({
      ...{ ref: about, caps: [], ttlMs: 1_800_000, acceptableUntilMs: Date.now() + 900_000 },
      candidates: [{ envelope, notAfterMs: undefined }],
    });
  const end: ToldWorld['end'] = async (outcome, envelope, about = ref) => {
    await claimWhole(envelope, about);
    await store.permit(about, 'token');
    const isKept = outcome === 'sent' || outcome === 'unknown' || outcome === 'dry_run';
    return isKept ? store.settle(about, 1, outcome) : store.release(about, outcome, 1);
  };
  return {
    ...{ ...options, claims, store, claimWhole, end },
    besideOlder: createDeliveries(options),
    keysOf: (about = ref) => createKeyspace(options.prefix).ofEvent(about),
    async deliver(eventId, push = {}) {
      const about = { ...ref, eventId };
      await end('sent', envelopeOf(about, push), about);
      await store.reported(about, 'r');
    },
    close: () => closeRedis(redis),
  };
}

/** With every field that an envelope may have, but for a trace of ours. */
export function full(about: EventRef, more: Partial<PushEnvelope> = {}): PushEnvelope {
  const texts = { body: 'Only 120 m away', deepLink: 'app://coupons/c-1' };
  return { ...envelopeOf(about, texts), rulesHash: '0123456789ab', ...more };
}

/** What is told of it: all but its text, and its trace's parent where nobody traces it. */
export function told({ push, source, rulesHash, traceparent, isTraced }: PushEnvelope): EndedEnvelope {
  const { userId, eventId, couponId, merchantId, rulesVersion } = push;
  return {
    ...{ push: { userId, eventId, couponId, merchantId, rulesVersion }, source },
    ...(rulesHash !== undefined && { rulesHash }),
    ...(isTraced === true && { traceparent, isTraced }),
  };
}
