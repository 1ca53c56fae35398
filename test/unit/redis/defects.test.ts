/**
 * One meaning of "away" and of "defect" for all who ask Redis: the claims, the push queue and the list of pods. A script
 * of ours that has a bug ends what asked it, at once; a Redis that is loading its data is waited for.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClaims } from '../../../src/claims/claims.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import { createSweeper } from '../../../src/claims/sweeper.ts';
import { announceDocuments, livePods, startPodRegistry } from '../../../src/ops/pods.ts';
import { createPushQueue } from '../../../src/push/push-queue.ts';
import { createPutOff } from '../../../src/push/put-off.ts';
import { createSendRate } from '../../../src/push/send-rate.ts';
import type { RedisClient } from '../../../src/redis/connection.ts';
import { untilRedis } from '../../../src/redis/until-redis.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { claimOne } from '../../support/claims/claims-harness.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { BUGGY_SCRIPT, LOADING, openAnsweringRedis } from '../../support/redis/answering-redis.ts';
import { silentLogger as logger } from '../../support/silent-logger.ts';

const prefix = 'p';
const ref = { userId: 'u', eventId: 'e' };
const { signal } = new AbortController();

const sweeperOn = (redis: RedisClient) =>
  createSweeper({ redis, prefix, logger, clock: waitless(), report: async () => undefined });

/** What each asks, by name. */
const asked: readonly [string, (redis: RedisClient) => Promise<unknown>][] = [
  ['claims: recall', (redis) => createClaims({ redis, prefix }).recall(ref, [])],
  ['claims: claim', (redis) => claimOne({ claims: createClaims({ redis, prefix }) }, ref)],
  ['claims: permit', (redis) => createDeliveries({ redis, prefix }).permit(ref, 'token')],
  ['claims: sweep', (redis) => sweeperOn(redis).sweep()],
  ['push: the pace', (redis) => createSendRate({ redis, prefix, perSecond: 1 }).reserve()],
  ['push: what is due', (redis) => createPutOff(redis, prefix).takeUp({} as never, 1, {} as never)],
  ['push: enqueue', (redis) => createPushQueue({ redis, prefix, logger }).enqueue(ref)],
  ['push: depths', (redis) => createPushQueue({ redis, prefix, logger }).counts()],
  ['pods: the list', (redis) => livePods(redis, prefix)],
  ['pods: an announcement', (redis) => announceDocuments(redis, prefix)],
];

/** Every pause is over at once, and counted. */
function waitless() {
  return { now: () => 0, sleep: vi.fn((): Promise<void> => Promise.resolve()) };
}

describe.each(asked)('%s', (_name, ask) => {
  it('ends with a defect as what it is, without a wait', async () => {
    const clock = waitless();
    clock.sleep.mockRejectedValue(new Error('it waited'));
    const redis = openAnsweringRedis(BUGGY_SCRIPT);
    await expect(untilRedis(() => ask(redis), clock, signal)).rejects.toBe(BUGGY_SCRIPT);
    expect(clock.sleep).not.toHaveBeenCalled();
  });

  it('waits for a Redis that can’t serve yet', async () => {
    const stopping = new AbortController();
    const clock = waitless();
    clock.sleep.mockImplementation(() => {
      if (clock.sleep.mock.calls.length === 3) stopping.abort();
      return Promise.resolve();
    });
    const redis = openAnsweringRedis(LOADING);
    await expect(untilRedis(() => ask(redis), clock, stopping.signal)).rejects.toThrow(UnavailableError);
    expect(clock.sleep).toHaveBeenCalledTimes(3);
  });
});

describe('the list of pods', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  async function listOn(error: Error) {
    vi.useFakeTimers();
    const redis = openAnsweringRedis(error);
    const book = createLogBook();
    const registry = startPodRegistry({
      ...{ redis, subscriber: redis, prefix, logger: book },
      describe: () => ({ pod: 'p1' }) as never,
      onDocumentsAnnounced: () => undefined,
    });
    await vi.advanceTimersByTimeAsync(10_000);
    const warnings = registry.warnings();
    await registry.stop();
    return { warnings, errors: book.lines.filter(({ level }) => level === 'error') };
  }

  it('tells a defect to people, once', async () => {
    const { warnings, errors } = await listOn(BUGGY_SCRIPT);
    expect(warnings).toEqual([
      expect.stringMatching(/^the announcements of documents does not work, by a defect/),
      expect.stringMatching(
        /^the list of live pods does not work, by a defect of the service: ERR user_script:7/,
      ),
    ]);
    expect(errors).toHaveLength(2);
  });

  it('says nothing of a Redis that is away: others do', async () => {
    expect(await listOn(LOADING)).toEqual({ warnings: [], errors: [] });
  });
});
