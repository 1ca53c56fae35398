/**
 * A machine with Docker alone runs every test that Docker can serve, and names the others with the reason. So a test
 * that starts a service as a process of this machine asks first whether it can, and nothing is skipped without a word.
 */
import { readFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const TESTS = globSync('test/{contract,integration,scenarios}/**/*.test.ts').toSorted();
const NEEDS_PROCESS =
  /origins: \['local'\]|\b(?:startLocalService|startRedisCluster|startKafkaCluster|startSecureKafka|buildChaosWorld)\(/;
/** Vitest's own ways to skip by a condition give no reason; `skip(condition, reason)` does. */
const SKIPS_SILENTLY = /\.(?:skipIf|runIf)\(|\b(?:it|test|describe)\.(?:skip|todo)\b/;

const faultOf = (source: string): string | undefined => {
  if (NEEDS_PROCESS.test(source) && !/\bfindLocalObstacle\(/.test(source)) {
    return 'starts a local service without asking findLocalObstacle first';
  }
  return SKIPS_SILENTLY.test(source) ? 'skips without a reason' : undefined;
};

describe('a test with a service of its own', () => {
  it('finds the tests', () => {
    expect(TESTS.length).toBeGreaterThan(30);
  });

  it.each(TESTS)('%s', async (file) => {
    expect(faultOf(await readFile(file, 'utf8'))).toBeUndefined();
  });

  it.each([
    [`await startServices({ say, origins: ['local'] });`, 'starts a local service'],
    [`cluster = await startRedisCluster();`, 'starts a local service'],
    [`it.skipIf(obstacle !== undefined)('x', () => {});`, 'skips without a reason'],
    [`describe.skip('x', () => {});`, 'skips without a reason'],
  ])('is found out: %s', (source, fault) => {
    expect(faultOf(source)).toContain(fault);
  });
});
