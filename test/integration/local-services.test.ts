/**
 * Local services keep their promises to everybody who tests with them: they answer, lose nothing over a kill and a
 * restart, and leave no process and no directory behind, however their opener ends.
 * Skipped, with the reason, where this machine cannot run them at all.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { isPrepared, prepareArtifacts } from '../simulation/services/artifacts.ts';
import { localRedis } from '../simulation/services/local-redis.ts';
import { startLocalService } from '../simulation/services/local-service.ts';
import { pollUntil } from '../simulation/services/readiness.ts';
import type { ServiceHandle } from '../simulation/services/service.ts';
import { type RunningServices, startServices } from '../simulation/services/start-services.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';
import { createLedTopics } from '../../src/kafka/producers/topics.ts';

const START_TIMEOUT_MS = 240_000;
const quiet = (): void => undefined;

const obstacle = (await findLocalObstacle('kafka')) ?? (await findLocalObstacle('redis'));
beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  await pollUntil(
    () => {
      const left = pids.filter(exists);
      return left.length === 0
        ? Promise.resolve()
        : Promise.reject(new Error(`still there: ${left.join(', ')}`));
    },
    { timeoutMs: 15_000 },
  );
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  redis.on('error', quiet);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

function pidOf(handle: ServiceHandle): number {
  const pid = handle.pid();
  if (pid === undefined) throw new Error(`${handle.name} does not run`);
  return pid;
}

describe('local services', () => {
  let services: RunningServices;
  let ownKafka: Kafka;
  const lines: string[] = [];

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    services = await startServices({
      say: (line) => lines.push(line),
      origins: ['local'],
      redis: { appendFsync: 'always' },
      s3: { buckets: ['rules', 'merchants'] },
      extraRedis: { evicting: { configArgs: ['--maxmemory-policy', 'allkeys-lru'] } },
    });
    ownKafka = new Kafka({ brokers: [services.service('kafka').address], logLevel: logLevel.NOTHING });
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    if (obstacle !== undefined) return;
    const pids = services.all.map(pidOf);
    await services.service('redis').kill('SIGSTOP'); // a frozen one must go too
    await services.stop();
    await services.stop();
    expect(pids.filter(exists)).toEqual([]);
  }, 90_000);

  it('says what was chosen and why, and gives a pod its environment', () => {
    expect(lines.some((line) => /^kafka: local \(.*Apache Kafka/.test(line))).toBe(true);
    expect(Object.keys(services.env).toSorted()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'KAFKA_BROKERS',
      'REDIS_URL',
      'S3_ENDPOINT',
    ]);
    expect(services.env['REDIS_URL']).toBe(services.service('redis').address);
    expect(() => services.service('none')).toThrow('no service none');
  });

  it('keeps Redis data over kill -9 and restart on the same port', async () => {
    const handle = services.service('redis');
    const pid = pidOf(handle);
    await withRedis(handle.address, (redis) => redis.set('kept', 'yes'));
    await handle.kill('SIGKILL');
    expect(handle.pid()).toBeUndefined();
    expect(exists(pid)).toBe(false);
    await handle.restart();
    expect(await withRedis(handle.address, (redis) => redis.get('kept'))).toBe('yes');
    expect(pidOf(handle)).not.toBe(pid);
  });

  it('freezes and thaws', async () => {
    const handle = services.service('redis');
    await handle.kill('SIGSTOP');
    await expect(handle.waitUntilReady(200)).rejects.toThrow(/no answer within/);
    await handle.kill('SIGCONT');
    await handle.waitUntilReady(5_000);
  }, 90_000);

  it('runs each Redis with its own settings', async () => {
    const policyOf = (name: string): Promise<string> =>
      withRedis(services.service(name).address, async (redis) => redis.info('memory'));
    expect(await policyOf('redis')).toContain('maxmemory_policy:noeviction');
    expect(await policyOf('evicting')).toContain('maxmemory_policy:allkeys-lru');
    const persistence = await withRedis(services.service('redis').address, (redis) =>
      redis.config('GET', 'appendfsync'),
    );
    expect(persistence).toEqual(['appendfsync', 'always']);
  });

  it('takes a 20 MB record and keeps it over kill -9 of the broker', async () => {
    const handle = services.service('kafka');
    const value = Buffer.alloc(20_000_000, 'x');
    const admin = ownKafka.admin();
    await admin.connect();
    await createLedTopics(admin, [{ topic: 'large', numPartitions: 1 }]);
    const producer = ownKafka.producer();
    await producer.connect();
    await producer.send({ topic: 'large', messages: [{ value }] });
    await producer.disconnect();
    await admin.disconnect();
    await handle.kill('SIGKILL');
    await handle.restart();
    const later = ownKafka.admin();
    await later.connect();
    expect(await later.fetchTopicOffsets('large')).toMatchObject([{ partition: 0, high: '1' }]);
    await later.disconnect();
  }, 90_000);

  it('keeps S3 objects over a planned restart, with the buckets asked for', async () => {
    const handle = services.service('s3');
    expect(
      (await fetch(`${handle.address}/rules/one.yaml`, { method: 'PUT', body: 'version: 1' })).status,
    ).toBe(200);
    expect((await fetch(`${handle.address}/merchants`, { method: 'HEAD' })).status).toBe(200);
    await handle.restart();
    expect(await (await fetch(`${handle.address}/rules/one.yaml`)).text()).toBe('version: 1');
  }, 90_000);

  it('takes the addresses that the environment gives, and refuses to break what is not its own', async () => {
    const given = await startServices({ say: quiet, environment: { ...process.env, ...services.env } });
    expect(given.all.map(({ origin }) => origin)).toEqual(['given', 'given', 'given']);
    expect(given.env).toMatchObject(services.env);
    await expect(given.service('kafka').kill('SIGKILL')).rejects.toThrow(/needs a local kafka/);
    await expect(given.service('redis').restart()).rejects.toThrow(/needs a local redis/);
    await given.stop();
    await services.service('redis').waitUntilReady(5_000);
  }, 90_000);
});

describe('after kill -9 of the opener', () => {
  let opener: ChildProcess | undefined;
  let temporary: string;

  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'opener-'));
  });
  afterAll(async () => {
    opener?.kill('SIGKILL');
    await rm(temporary, { recursive: true, force: true });
  });

  it(
    'no service and no data directory is left',
    async () => {
      const script = `
      import { startServices } from ${JSON.stringify(new URL('../simulation/services/start-services.ts', import.meta.url).href)};
      const services = await startServices({ say: () => undefined, origins: ['local'] });
      await services.service('redis').kill('SIGSTOP');
      console.log(JSON.stringify(services.all.map((handle) => handle.pid())));`;
      opener = spawn(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, TMPDIR: temporary, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const pids = await readFirstLine(opener);
      expect(pids).toHaveLength(3);
      expect(pids.every(exists)).toBe(true);
      expect((await readdir(temporary)).filter((name) => name.startsWith('coupon-'))).toHaveLength(3);
      opener.kill('SIGKILL');
      await untilGone(pids);
      await pollUntil(
        async () => {
          const left = (await readdir(temporary)).filter((name) => name.startsWith('coupon-'));
          if (left.length > 0) throw new Error(`left: ${left.join(', ')}`);
        },
        { timeoutMs: 5_000 },
      );
    },
    START_TIMEOUT_MS,
  );
});

async function readFirstLine(child: ChildProcess): Promise<number[]> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as number[];
  throw new Error('the opener ended without a word');
}

describe('starting', () => {
  it('tries another port when one is taken in the last moment', async () => {
    const squatter: Server = createServer((socket) => socket.on('error', quiet).resume());
    const taken = await new Promise<number>((resolve) => {
      squatter.listen(0, '127.0.0.1', () => {
        const address = squatter.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const seen: number[] = [];
    const spec = await redisSpec();
    const handle = await startLocalService({
      ...spec,
      plan(directory, ports) {
        const used = seen.length === 0 ? [taken] : ports;
        seen.push(...used);
        return spec.plan(directory, used);
      },
    });
    expect(seen).toHaveLength(2);
    expect(handle.address).toBe(`redis://127.0.0.1:${String(seen[1])}`);
    await handle.stop();
    await new Promise((resolve) => squatter.close(resolve));
  }, 90_000);

  it('fails with the last lines of the log', async () => {
    const spec = await redisSpec(['--no-such-setting', '1']);
    await expect(startLocalService(spec)).rejects.toThrow(/has ended[^]*no-such-setting/);
  }, 90_000);

  it(
    'prepares one folder when two prepare at once, and leaves no scraps',
    async () => {
      const cache = await mkdtemp(join(tmpdir(), 'services-cache-'));
      await Promise.all([
        prepareArtifacts(['redis'], quiet, cache),
        prepareArtifacts(['redis'], quiet, cache),
      ]);
      expect(isPrepared('redis', cache)).toBe(true);
      expect(await readdir(cache)).toHaveLength(1);
      await rm(cache, { recursive: true });
    },
    START_TIMEOUT_MS,
  );

  async function redisSpec(configArgs: readonly string[] = []) {
    await prepareArtifacts(['redis'], quiet);
    return localRedis('from-artifact', { configArgs }, false);
  }
});
