/**
 * A Redis with a replica, and a sentinel that promotes the replica where the master is gone. Each is a guarded process:
 * it ends with this process. A machine without Redis is named, see local-obstacle.ts.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { artifactDirectory, prepareArtifacts, redisBinaryName } from '../../simulation/services/artifacts.ts';
import { chooseOrigins } from '../../simulation/services/choose-origins.ts';
import { localRedis } from '../../simulation/services/local-redis.ts';
import { startLocalService, type LocalServiceSpec } from '../../simulation/services/local-service.ts';
import { pollUntil, probeRedis } from '../../simulation/services/readiness.ts';
import type { ServiceHandle } from '../../simulation/services/service.ts';

export const MASTER_NAME = 'claims';
/** A busy machine stops a process for a second or two: that must not look like a death. */
const DOWN_AFTER_MS = 4000;
const READY_TIMEOUT_MS = 60_000;
const ARGS = ['--repl-diskless-sync-delay', '0'];

export interface RedisWithSentinel {
  /** `host:port`, as REDIS_SENTINELS names it. */
  readonly sentinel: string;
  readonly master: ServiceHandle;
  readonly replica: ServiceHandle;
  /** Resolves when the replica has all that the master has acknowledged so far. */
  inStep(): Promise<void>;
  /** The port of whoever the sentinel calls master. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

export async function startRedisWithSentinel(): Promise<RedisWithSentinel> {
  const { artifacts, redisFromPath } = await chooseOrigins([{ name: 'redis', kind: 'redis', extra: false }], {
    origins: ['local'],
    say: () => undefined,
  });
  await prepareArtifacts(artifacts, (line) => {
    console.log(`services: ${line}`);
  });
  const started: ServiceHandle[] = [];
  const links: Redis[] = [];
  const start = async (spec: LocalServiceSpec): Promise<ServiceHandle> => {
    const service = await startLocalService(spec);
    started.push(service);
    return service;
  };
  const linkTo = (service: ServiceHandle): Redis => {
    const link = new Redis(service.address);
    link.on('error', () => undefined); // the rejected call tells
    links.push(link);
    return link;
  };
  const stop = async (): Promise<void> => {
    for (const link of links) link.disconnect();
    await Promise.all(started.map((service) => service.stop()));
  };
  try {
    const master = await start(localRedis('master', { configArgs: ARGS }, redisFromPath));
    const replica = await start(localRedis('replica', { configArgs: ARGS }, redisFromPath));
    const masterPort = Number(new URL(master.address).port);
    const [onMaster, onReplica] = [linkTo(master), linkTo(replica)];
    await onReplica.replicaof('127.0.0.1', masterPort);
    const inStep = (): Promise<void> =>
      pollUntil(
        async () => {
          const field = async (link: Redis, name: string): Promise<string | undefined> =>
            new RegExp(`^${name}:(\\S+)`, 'm').exec(await link.info('replication'))?.[1];
          if ((await field(onReplica, 'master_link_status')) !== 'up') throw new Error('no link');
          const ahead = Number(await field(onMaster, 'master_repl_offset'));
          if (Number(await field(onReplica, 'slave_repl_offset')) < ahead) throw new Error('behind');
        },
        { timeoutMs: READY_TIMEOUT_MS },
      );
    await inStep();
    const sentinel = await start(sentinelOf(masterPort, redisFromPath));
    const asked = linkTo(sentinel);
    // It finds replicas by asking the master, every few seconds.
    await pollUntil(
      async () => {
        const replicas = (await asked.call('SENTINEL', 'REPLICAS', MASTER_NAME)) as unknown[];
        if (replicas.length === 0) throw new Error('the sentinel knows no replica yet');
      },
      { timeoutMs: READY_TIMEOUT_MS },
    );
    return {
      sentinel: new URL(sentinel.address).host,
      ...{ master, replica, inStep, stop },
      masterPort: async () => {
        const found = (await asked.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME)) as string[];
        return Number(found[1]);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sentinelOf(masterPort: number, fromPath: boolean): LocalServiceSpec {
  return {
    name: 'sentinel',
    kind: 'redis',
    portCount: 1,
    plan: async (directory, [port]) => {
      const address = `redis://127.0.0.1:${String(port)}`;
      // It writes what it learns into this file.
      const file = join(directory, 'sentinel.conf');
      const lines = [
        ...[`port ${String(port)}`, 'bind 127.0.0.1', `dir ${directory}`],
        `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${String(masterPort)} 1`,
        `sentinel down-after-milliseconds ${MASTER_NAME} ${String(DOWN_AFTER_MS)}`,
        `sentinel failover-timeout ${MASTER_NAME} 10000`,
      ];
      await writeFile(file, `${lines.join('\n')}\n`);
      return {
        command: fromPath ? 'redis-server' : join(artifactDirectory('redis'), redisBinaryName() ?? ''),
        args: [file, '--sentinel'],
        address,
        env: {},
        probe: () => probeRedis(address),
      };
    },
  };
}
