import { expect, it } from 'vitest';
import type { RedisClient } from '../../../src/redis/connection.ts';
import { createKeyspace, openMember } from '../../../src/claims/keys.ts';
import { commandName } from '../../../src/redis/scripts/command-name.ts';
import { createSweeper } from '../../../src/claims/sweeper.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { envelopeOf } from '../../support/claims/claims-harness.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const refs = ['u-1', 'u-2', 'u-3'].map((userId) => ({ userId, eventId: 'e-1' }));
const away = () => Promise.reject(new UnavailableError('redis', 'test'));

/** A Redis that knows the sweeper's two scripts. */
function sweeperOn(scripts: {
  lease: () => Promise<unknown>;
  sweep: (recordKey: string) => Promise<unknown>;
}) {
  const redis: unknown = {
    status: 'ready',
    isCluster: true,
    defineCommand: () => undefined,
    [commandName('lease')]: scripts.lease,
    [commandName('sweep')]: scripts.sweep,
  };
  const swept: string[] = [];
  const sweeper = createSweeper({
    redis: redis as RedisClient,
    prefix: 'test',
    clock: systemClock,
    logger: silentLogger,
    report: async ({ ref }) => {
      if (ref.userId === 'u-2') throw new UnavailableError('outcome topic', 'test');
      swept.push(ref.userId);
    },
  });
  return { sweeper, swept };
}

const ended = async () => [
  'ended',
  'expired',
  JSON.stringify(envelopeOf({ userId: 'u', eventId: 'e-1' })),
  0,
];

it('sweeps the others where one user’s part of Redis is away, or of the outcome topic', async () => {
  const [awayKey] = createKeyspace('test').ofEvent({ userId: 'u-1', eventId: 'e-1' });
  const { sweeper, swept } = sweeperOn({
    lease: async () => refs.map(openMember),
    sweep: (recordKey) => (recordKey === awayKey ? away() : ended()),
  });
  expect(await sweeper.sweep()).toBe(1);
  expect(swept).toEqual(['u-3']);
});

it('is given up where the index of open pushes can’t be asked', async () => {
  const { sweeper } = sweeperOn({ lease: away, sweep: ended });
  await expect(sweeper.sweep()).rejects.toThrow(UnavailableError);
});
