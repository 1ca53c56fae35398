/**
 * Hands an assignment over within the drain limit. The handover starts nothing more and lets what runs finish. It
 * revokes what cannot finish in time: such events are given up before their claim, and the next owner reads them again.
 * Then it commits, with the incomplete offsets in the offset metadata.
 *
 * Heartbeats go on meanwhile. Their answer is “rebalance in progress”, and they still keep the session.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { revokeAll, sumInFlight, type Assignment } from '../../stream/partition/assignment.ts';
import type { Committer } from '../../stream/pace/committer.ts';
import type { Partitions } from '../../stream/partitions.ts';
import { within } from '../../runtime/deadline.ts';
import { messageOf } from '../client/client.ts';
import { isFenced } from '../commit/group-commit.ts';

/** The part of the drain limit that is kept for revoked work to end, and for the last commit. */
const RESERVE_SHARE = 0.2;
const MAX_RESERVE_MS = 1000;

export interface HandoverOptions {
  readonly drainTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly partitions: Partitions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Resolves when nothing of the assignment can reach a claim any more and the last commit has ended. */
export async function runHandover(assignment: Assignment, options: HandoverOptions): Promise<void> {
  const { clock, logger } = options;
  const { executor, committer } = options.partitions;
  const began = clock.now();
  const reserveMs = Math.min(MAX_RESERVE_MS, options.drainTimeoutMs * RESERVE_SHARE);
  assignment.state = 'draining';
  for (const flow of assignment.flows.values()) flow.close();
  executor.pause();
  executor.dropWaiting();
  const running = sumInFlight(assignment);

  const ended = new AbortController();
  const idle = executor.whenIdle();
  void keepSession(assignment, options, ended.signal);
  await within(idle, { limitMs: options.drainTimeoutMs - reserveMs, clock });
  const unfinished = sumInFlight(assignment);
  revokeAll(assignment);
  const restMs = Math.max(0, options.drainTimeoutMs - (clock.now() - began));
  if (unfinished > 0) await within(idle, { limitMs: restMs * 0.7, clock });
  assignment.state = 'closing';
  await within(commitAll(committer), { limitMs: Math.max(restMs, reserveMs), clock });
  ended.abort();
  assignment.state = 'over';
  logger.info(
    { finished: running - unfinished, unfinished, tookMs: clock.now() - began },
    'partitions handed over',
  );
}

/** Tries a failed commit again while there is time: the commit decides how much is done twice. */
async function commitAll(committer: Committer): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    const result = await committer.flush();
    if (result !== 'failed') return;
  }
}

async function keepSession(
  assignment: Assignment,
  options: HandoverOptions,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    try {
      await assignment.batch?.heartbeat();
    } catch (error) {
      if (isFenced(error)) {
        options.logger.warn({ error: messageOf(error) }, 'the session is lost: work is given up at once');
        revokeAll(assignment);
        return;
      }
    }
    await options.clock.sleep(options.heartbeatIntervalMs, ended);
  }
}
