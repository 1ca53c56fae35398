/**
 * The event side of the claim protocol: recall and claim. One step freezes a push and gives it its place in the user's
 * history, so no crash can leave one without the other.
 *
 *                       ┌──────── retreat ────────┐
 *                       ▼                         │
 *   absent ─ claim ─▶ claimed ─── permit ──▶ sending(attempt) ─ settle ─▶ sent · unknown · dry_run   keeps its place
 *                       │                         │     ▲ │
 *                       │                         │     └─┘ takeOver (idempotent API only)
 *                       └──────── release ────────┴─────▶ rejected · expired · withdrawn             gives it back
 *
 * A claim is entered in the index of open pushes (another slot, so another step) before its event is decided. Who
 * dies between the two leaves an undecided event: its redelivery recalls the claim and enters it then.
 */
import type { Cap } from '../domain/cap.ts';
import type { EventRef } from '../domain/event.ts';
import { passFailpoint } from '../runtime/failpoints.ts';
import type { ClaimAnswer, ClaimRequest, Claims, KnownClaim, Recalled } from '../pipeline/ports.ts';
import { isCluster, type RedisClient } from '../redis/connection.ts';
import { createRestore } from './forgotten.ts';
import { capSlices, historyMember } from './history-member.ts';
import { createKeyspace, openMember } from './keys.ts';
import { readEnded, readEnvelope, readNumber, readWord, unknownAnswer } from './replies.ts';
import { createRecallBatch } from './recall-batch.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { claimScript } from './scripts/claim.ts';
import { recallScript } from './scripts/recall.ts';
import { scriptOn } from '../redis/script.ts';

export interface CooldownOptions {
  readonly redis: RedisClient;
  /** Everything is kept under it; a dry run has one of its own. */
  readonly prefix: string;
  /** Ms after a push's expiry until the sweep looks at it. Longer than the queue needs to notice a dead worker. */
  readonly sweepGraceMs?: number;
  /** Throws an `UnavailableError` where what is claimed or permitted now could be forgotten. */
  readonly assertKeeps?: () => void;
  /** Shifts Redis's clock, in ms. Only tests do. */
  readonly clockOffsetMs?: () => number;
}

/** About 0.2 ms of Redis's time. */
const RECALLS_A_CALL = 64;
export const SWEEP_GRACE_MS = 5 * 60 * 1000;

/** @param base the service's prefix. A dry run must not take real pushes' places, nor a real one its. */
export function cooldownPrefix(base: string, dryRun: boolean): string {
  return dryRun ? `${base}:dry-run` : base;
}

export function noOffset(): number {
  return 0;
}

/** Both methods reject with `UnavailableError('redis')` where Redis is away, and may be repeated then. */
export function createClaims(options: CooldownOptions): Claims {
  const { redis, sweepGraceMs = SWEEP_GRACE_MS, clockOffsetMs = noOffset } = options;
  const keys = createKeyspace(options.prefix);
  const clustered = isCluster(redis);
  const recall = createRecallBatch({
    // A cluster's client finds a command's node by its first key, if the number of keys does not come before it.
    run: scriptOn(redis, clustered ? { ...recallScript, keys: 2 } : recallScript, clockOffsetMs),
    maxEvents: clustered ? 1 : RECALLS_A_CALL,
  });
  const claim = scriptOn(redis, claimScript, clockOffsetMs);
  const restore = createRestore(redis, options.prefix);

  /** NX: the sweep's own timing of an entry stays. */
  const enterOpen = (ref: EventRef, expiresAtMs: number) =>
    onRedis(redis, () => redis.zadd(keys.open, 'NX', expiresAtMs + sweepGraceMs, openMember(ref)));

  const known = async (ref: EventRef, reply: readonly unknown[]): Promise<KnownClaim> => {
    const undelivered = isUndelivered(readWord(reply, 1));
    if (undelivered) await enterOpen(ref, readNumber(reply, 3));
    return { kind: 'known', undelivered, envelope: readEnded(reply, 2, ref), atMs: readNumber(reply, 4) };
  };

  const readRecall = (
    ref: EventRef,
    reply: readonly unknown[],
    atMs: number,
  ): Recalled | Promise<Recalled> => {
    switch (reply[0]) {
      case 'known':
        return known(ref, reply);
      case 'full':
        return { kind: 'new', fullCap: readNumber(reply, 1), atMs };
      case 'room':
        return { kind: 'new', atMs };
      default:
        return unknownAnswer('recall', reply);
    }
  };

  return {
    recall: (ref: EventRef, caps: readonly Cap[]): Promise<Recalled> =>
      recall(keys.ofEvent(ref), caps, (reply, atMs) => readRecall(ref, reply, atMs)),
    claim: async (request: ClaimRequest): Promise<ClaimAnswer> => {
      const { ref } = request;
      passFailpoint('claim.asking', ref);
      options.assertKeeps?.();
      await restore(ref);
      const reply = await claim(keys.ofEvent(ref), claimArguments(request));
      switch (reply[0]) {
        case 'known':
          return known(ref, reply);
        case 'claimed':
          passFailpoint('claim.answered', ref);
          await enterOpen(ref, readNumber(reply, 2));
          return { kind: 'claimed', envelope: readEnvelope(reply, 1), atMs: readNumber(reply, 3) };
        case 'no_room':
          return { kind: 'no_room', cap: readNumber(reply, 1), atMs: readNumber(reply, 2) };
        case 'too_late':
          return { kind: 'too_late', atMs: readNumber(reply, 1) };
        default:
          return unknownAnswer('claim', reply);
      }
    },
  };
}

function isUndelivered(state: string): boolean {
  return state === 'claimed' || state === 'sending';
}

function claimArguments({ ref, candidates, caps, ...times }: ClaimRequest): (string | number)[] {
  return [
    Math.floor(times.ttlMs),
    Math.ceil(times.acceptableUntilMs),
    caps.length,
    ...caps.flatMap(({ per, max, windowMs }) => [capSlices(per), max, windowMs]),
    ...candidates.flatMap(({ envelope, notAfterMs }) => [
      JSON.stringify(envelope),
      notAfterMs === undefined ? '' : Math.floor(notAfterMs),
      historyMember(ref.eventId, envelope.push),
    ]),
  ];
}
