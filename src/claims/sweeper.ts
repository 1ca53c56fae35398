/**
 * Ends every push that nobody else ends: a claim whose job is gone, a send that nobody settled, an outcome that was
 * never published. Each entry is lent to one sweeper for a while, so that pods share the work. Two that sweep the same
 * entry do no harm: every step compares before it changes, and counts once.
 */
import { randomUUID } from 'node:crypto';
import type { EndedPush } from '../domain/delivery.ts';
import { jitteredMs, type Jitter } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { noOffset, SWEEP_GRACE_MS, type CooldownOptions } from './claims.ts';
import { memberEvent } from './history-member.ts';
import { createKeyspace, parseOpenMember } from './keys.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { readEnded, readNumber, readOutcome } from './replies.ts';
import { leaseScript } from './scripts/lease.ts';
import { scriptOn } from '../redis/script.ts';
import { sweepScript } from './scripts/sweep.ts';

/** Pods that started together do not sweep together. */
const SPREAD: Jitter = { around: 0.25 };

export interface SweeperOptions extends CooldownOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Publishes and counts, as the worker does. What it rejects is swept again after the lease. */
  readonly report: (ended: EndedPush) => Promise<void>;
  /** Ms between sweeps; default 30 s, jittered by a quarter. */
  readonly intervalMs?: number;
  /** Ms an entry is lent for; default 60 s. */
  readonly leaseMs?: number;
  /** Most entries at once; default 100. Further ones follow in the same sweep. */
  readonly batch?: number;
}

export interface Sweeper {
  start(): void;
  /** Resolves once a sweep that runs has ended. */
  stop(): Promise<void>;
  /** One sweep. @returns how many pushes it brought to an end. @throws UnavailableError where the index can't be asked. */
  sweep(): Promise<number>;
}

export function createSweeper(options: SweeperOptions): Sweeper {
  const { redis, clock, logger, intervalMs = 30_000, leaseMs = 60_000, batch = 100 } = options;
  const { sweepGraceMs = SWEEP_GRACE_MS, clockOffsetMs = noOffset } = options;
  const keys = createKeyspace(options.prefix);
  const lease = scriptOn(redis, leaseScript, clockOffsetMs);
  const sweepOne = scriptOn(redis, sweepScript, clockOffsetMs);
  const stopping = new AbortController();
  let running = Promise.resolve();

  const drop = (entry: string) => onRedis(redis, () => redis.zrem(keys.open, entry));

  /** @returns true when the push was brought to its end here. */
  const visit = async (entry: string): Promise<boolean> => {
    const ref = parseOpenMember(entry);
    if (ref === undefined) {
      await drop(entry);
      return false;
    }
    const reply = await sweepOne(keys.ofEvent(ref), [sweepGraceMs, memberEvent(ref.eventId)]);
    switch (reply[0]) {
      case 'ended': {
        const outcome = readOutcome(reply, 1);
        const [envelope, endedAtMs] = [readEnded(reply, 2, ref), readNumber(reply, 3)];
        await options.report({ ref, outcome, envelope, endedAtMs, reporter: randomUUID() });
        logger.warn({ eventId: ref.eventId, outcome }, 'a push that nobody finished was brought to its end');
        return true;
      }
      case 'wait': {
        const dueMs = readNumber(reply, 1);
        await onRedis(redis, () => redis.zadd(keys.open, 'XX', dueMs, entry));
        return false;
      }
      case 'absent':
        logger.error({ eventId: ref.eventId }, 'the record of an open push is gone: no outcome can be told');
        await drop(entry);
        return false;
      default:
        await drop(entry);
        return false;
    }
  };

  const sweep = async (): Promise<number> => {
    let ended = 0;
    for (;;) {
      const entries = await lease([keys.open], [batch, leaseMs]);
      for (const entry of entries) {
        if (stopping.signal.aborted) return ended;
        try {
          if (await visit(String(entry))) ended += 1;
        } catch (error) {
          // One user's part of Redis, or of the outcome topic, may be away alone: the others' pushes are swept.
          logger.warn({ error: String(error) }, 'a push could not be swept or reported; it is swept again');
        }
      }
      if (entries.length < batch) return ended;
    }
  };

  const loop = async () => {
    for (;;) {
      await clock.sleep(jitteredMs(intervalMs, SPREAD), stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await sweep();
      } catch (error) {
        logger.warn({ error: String(error) }, 'sweep given up; the next one follows');
      }
    }
  };

  return {
    sweep,
    start: () => void (running = loop()),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
