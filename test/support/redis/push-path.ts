/** A pod's way of a push through Redis, from the claim to the worker, on connections that a test takes servers away from. */
import { createClaims } from '../../../src/claims/claims.ts';
import type { RedisConnections } from '../../../src/compose/redis.ts';
import type { Claims } from '../../../src/pipeline/ports.ts';
import { createPushQueue } from '../../../src/push/push-queue.ts';
import { createPushWorker } from '../../../src/push/push-worker.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { claimOne } from '../claims/claims-harness.ts';
import { silentLogger } from '../silent-logger.ts';

export interface PushPath {
  readonly claims: Claims;
  /** Ids of the events whose push has reached the worker. */
  readonly delivered: readonly string[];
  /** Claims and enqueues one push of a user of the event's name. */
  push(eventId: string): Promise<void>;
  close(): Promise<void>;
}

export function openPushPath(connections: RedisConnections, prefix: string): PushPath {
  const claims = createClaims({ redis: connections.redis, prefix });
  const queue = createPushQueue({ redis: connections.queue, prefix, logger: silentLogger });
  const delivered: string[] = [];
  const worker = createPushWorker({
    connection: connections.worker,
    ...{ prefix, concurrency: 4, clock: systemClock, logger: silentLogger },
    deliver: async ({ eventId }) => {
      delivered.push(eventId);
      return { kind: 'ended' };
    },
    async *openPushes() {},
  });
  worker.start();
  return {
    claims,
    delivered,
    push: async (eventId) => {
      const ref = { userId: eventId, eventId };
      await claimOne({ claims }, ref);
      await queue.enqueue(ref);
    },
    close: async () => {
      await worker.close(1000);
      await queue.close();
    },
  };
}
