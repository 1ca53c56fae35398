/** Redis as a process of this machine: durable like the service expects it, and closed to the network. */
import { join } from 'node:path';

import { artifactDirectory, redisBinaryName } from './artifacts.ts';
import type { LocalServiceSpec } from './local-service.ts';
import type { RedisOptions } from './options.ts';
import { probeRedis } from './readiness.ts';

/** Settings common to every way of running Redis; `configArgs` come last and so win. */
export function redisArgs({ appendFsync = 'everysec', configArgs = [] }: RedisOptions): string[] {
  return [
    ...['--appendonly', 'yes', '--appendfsync', appendFsync, '--save', ''],
    ...['--maxmemory-policy', 'noeviction', ...configArgs],
  ];
}

/** `fromPath`: the PATH's redis-server; else the binary in the prepared artifact. */
export function localRedis(name: string, options: RedisOptions, fromPath: boolean): LocalServiceSpec {
  return {
    name,
    kind: 'redis',
    portCount: 1,
    plan: (directory, [port]) => {
      const address = `redis://127.0.0.1:${String(port)}`;
      return Promise.resolve({
        command: fromPath ? 'redis-server' : join(artifactDirectory('redis'), redisBinaryName() ?? ''),
        args: [
          ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--daemonize', 'no'],
          ...redisArgs(options),
        ],
        address,
        env: { REDIS_URL: address },
        probe: () => probeRedis(address),
      });
    },
  };
}
