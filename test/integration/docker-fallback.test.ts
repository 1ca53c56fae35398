/**
 * What Docker can't run, this machine runs: an image that can't be had, an engine without space. The engine is one that
 * says so; Redis, the quickest to start, is real.
 */
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IMAGES, REAPER_IMAGE } from '../../src/simulation/services/docker/images.ts';
import { startServices, type RunningServices } from '../../src/simulation/services/start-services.ts';
import { type FakeEngine, json, startFakeEngine } from '../support/fake-engine.ts';
import { findLocalObstacle } from '../support/local-obstacle.ts';

const obstacle = await findLocalObstacle('redis');
beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});

let engine: FakeEngine | undefined;
let services: RunningServices | undefined;
afterEach(async () => {
  await services?.stop();
  await engine?.stop();
  engine = services = undefined;
});

async function startRedis(): Promise<{ readonly said: readonly string[]; readonly answer: string }> {
  const said: string[] = [];
  services = await startServices({
    say: (line) => said.push(line),
    kafka: false,
    s3: false,
    origins: ['docker', 'local'],
    environment: { ...process.env, DOCKER_HOST: engine?.host },
  });
  const redis = new Redis(services.env['REDIS_URL'] ?? '');
  const answer = await redis.ping();
  redis.disconnect();
  expect(services.service('redis').origin).toBe('local');
  return { said, answer };
}

it('an image that can not be pulled: said, and from this machine instead', async () => {
  engine = await startFakeEngine({
    images: [REAPER_IMAGE],
    pull: () => json({ message: 'dial tcp: lookup registry-1.docker.io: no such host' }, 500),
  });
  const { said, answer } = await startRedis();
  expect(answer).toBe('PONG');
  expect(said).toContainEqual(
    expect.stringMatching(/^redis:7\.4-alpine: could not be pulled: .*no such host/),
  );
  expect(said).toContainEqual(expect.stringMatching(/^redis: local \(/));
});

it('an engine that has the images and no space: said, and from this machine instead', async () => {
  const full = json({ message: 'write /var/lib/docker/tmp: no space left on device' }, 500);
  engine = await startFakeEngine({
    images: [REAPER_IMAGE, IMAGES.redis],
    replies: { 'POST /containers/create': full },
  });
  const { said, answer } = await startRedis();
  expect(answer).toBe('PONG');
  expect(said).toContainEqual(
    expect.stringMatching(/^redis did not start in Docker \(.*no space left on device/),
  );
  expect(said).toContainEqual(expect.stringMatching(/^redis: local \(/));
});
