/**
 * A Redis Cluster of three masters with a replica each on this machine, for tests of what only a cluster can do:
 * keep a user's keys in one slot, move a slot, lose a master and go on with its replica.
 *
 * Formed by commands, as redis-cli may not be there. A killed master's replica takes over after the node timeout;
 * what it had not received by then is lost, so a test that must lose nothing asks for `inStep` first. Each node is
 * a guarded process: it ends with this process, however that ends. A machine without Redis is named, see
 * local-obstacle.ts.
 */
import { Redis } from 'ioredis';
import { prepareArtifacts } from '../../simulation/services/artifacts.ts';
import { chooseOrigins } from '../../simulation/services/choose-origins.ts';
import { localRedis } from '../../simulation/services/local-redis.ts';
import { startLocalService } from '../../simulation/services/local-service.ts';
import { pollUntil } from '../../simulation/services/readiness.ts';
import type { ServiceHandle } from '../../simulation/services/service.ts';

const MASTERS = 3;
const SLOTS = 16_384;
/** A busy machine stops a process for a second or two: that must not look like a death. */
const NODE_TIMEOUT_MS = 4000;
const READY_TIMEOUT_MS = 60_000;
const ARGS = [
  ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
  ...['--repl-diskless-sync-delay', '0'],
];

export interface ClusterNode {
  readonly service: ServiceHandle;
  /** As the cluster knows it. */
  readonly id: string;
}

export interface RedisCluster {
  /** Of one node, as REDIS_URL names it with REDIS_CLUSTER. */
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  /** The master that serves a key now. */
  masterOf(key: string): Promise<ClusterNode>;
  /** Resolves when every replica has all that its master has acknowledged so far. */
  inStep(): Promise<void>;
  /** Runs a command on one node. */
  ask(node: ClusterNode, command: string, ...args: (string | number)[]): Promise<unknown>;
  /** Moves the slot of a key, with all that is in it, to another master. */
  moveSlotOf(key: string): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when all slots are served and every replica is in step. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const { artifacts, redisFromPath } = await chooseOrigins([{ name: 'redis', kind: 'redis', extra: false }], {
    origins: ['local'],
    say: () => undefined,
  });
  await prepareArtifacts(artifacts, (line) => {
    console.log(`services: ${line}`);
  });
  const started = await Promise.allSettled(
    Array.from({ length: 2 * MASTERS }, (_, at) =>
      startLocalService(localRedis(`redis-${String(at)}`, { configArgs: ARGS }, redisFromPath)),
    ),
  );
  const services = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const links = new Map<string, Redis>();
  const stop = async (): Promise<void> => {
    for (const link of links.values()) link.disconnect();
    await Promise.all(services.map((service) => service.stop()));
  };
  const linkTo = (service: ServiceHandle): Redis => {
    let link = links.get(service.address);
    if (link === undefined) {
      link = new Redis(service.address, { maxRetriesPerRequest: 1 });
      link.on('error', () => undefined); // the rejected call tells
      links.set(service.address, link);
    }
    return link;
  };
  try {
    const failed = started.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return await form(services, linkTo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function form(
  services: readonly ServiceHandle[],
  linkTo: (service: ServiceHandle) => Redis,
  stop: () => Promise<void>,
): Promise<RedisCluster> {
  const nodes = await Promise.all(
    services.map(async (service) => ({ service, id: await linkTo(service).cluster('MYID') })),
  );
  const ask = (node: ClusterNode, command: string, ...args: (string | number)[]): Promise<unknown> =>
    linkTo(node.service).call(command, ...args);
  const first = at(nodes, 0);
  const masters = nodes.slice(0, MASTERS);
  for (const [index, node] of masters.entries()) {
    const from = Math.floor((SLOTS * index) / MASTERS);
    const to = Math.floor((SLOTS * (index + 1)) / MASTERS);
    // ADDSLOTSRANGE came with Redis 7; the embedded binary is older.
    await ask(node, 'CLUSTER', 'ADDSLOTS', ...Array.from({ length: to - from }, (_, slot) => from + slot));
    await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  const port = Number(new URL(first.service.address).port);
  for (const node of nodes.slice(1)) await ask(node, 'CLUSTER', 'MEET', '127.0.0.1', port);

  const everywhere = (what: string, holds: (node: ClusterNode) => Promise<boolean>): Promise<void> =>
    pollUntil(
      async () => {
        for (const node of nodes) if (!(await holds(node))) throw new Error(`${what}: not yet`);
      },
      { timeoutMs: READY_TIMEOUT_MS },
    );
  const clusterInfo = async (node: ClusterNode): Promise<string> =>
    String(await ask(node, 'CLUSTER', 'INFO'));
  await everywhere('all know each other', async (node) =>
    (await clusterInfo(node)).includes(`cluster_known_nodes:${String(nodes.length)}\r`),
  );
  for (const [index, node] of nodes.slice(MASTERS).entries())
    await ask(node, 'CLUSTER', 'REPLICATE', at(nodes, index).id);
  await everywhere('all slots are served', async (node) => {
    const table = String(await ask(node, 'CLUSTER', 'NODES'));
    const replicas = table.match(/ (?:myself,)?slave /g)?.length ?? 0;
    return replicas === MASTERS && (await clusterInfo(node)).includes('cluster_state:ok');
  });

  const replicationOf = async (node: ClusterNode): Promise<ReadonlyMap<string, string>> => {
    const text = String(await ask(node, 'INFO', 'replication'));
    return new Map(text.split('\r\n').map((line) => line.split(':', 2) as [string, string]));
  };
  const inStep = (): Promise<void> =>
    pollUntil(
      async () => {
        for (const node of nodes) {
          if (node.service.pid() === undefined) continue;
          const info = await replicationOf(node);
          if (info.get('role') !== 'slave') continue;
          const master = nodes.find(
            ({ service }) => new URL(service.address).port === info.get('master_port'),
          );
          if (master === undefined || info.get('master_link_status') !== 'up') throw new Error('no link');
          const ahead = Number((await replicationOf(master)).get('master_repl_offset'));
          if (Number(info.get('slave_repl_offset')) < ahead) throw new Error('a replica is behind');
        }
      },
      { timeoutMs: READY_TIMEOUT_MS },
    );
  await inStep();

  const masterOf = async (key: string): Promise<ClusterNode> => {
    const alive = nodes.filter(({ service }) => service.pid() !== undefined);
    const slot = Number(await ask(at(alive, 0), 'CLUSTER', 'KEYSLOT', key));
    const ranges = (await ask(at(alive, 0), 'CLUSTER', 'SLOTS')) as [
      number,
      number,
      [string, number, string],
    ][];
    const id = ranges.find(([from, to]) => slot >= from && slot <= to)?.[2][2];
    const node = nodes.find((one) => one.id === id);
    if (node === undefined) throw new Error(`nobody serves slot ${String(slot)}`);
    return node;
  };

  const moveSlotOf = async (key: string): Promise<void> => {
    const source = await masterOf(key);
    const slot = Number(await ask(source, 'CLUSTER', 'KEYSLOT', key));
    const table = String(await ask(source, 'CLUSTER', 'NODES')).split('\n');
    const ids = table.filter((line) => /\bmaster\b(?!.*fail)/.test(line)).map((line) => line.slice(0, 40));
    const masters = nodes.filter(({ id }) => ids.includes(id));
    const target = masters.find(({ id }) => id !== source.id);
    if (target === undefined) throw new Error('no other master');
    await ask(target, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id);
    await ask(source, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id);
    const targetPort = Number(new URL(target.service.address).port);
    for (;;) {
      const keys = (await ask(source, 'CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
      if (keys.length === 0) break;
      await ask(source, 'MIGRATE', '127.0.0.1', targetPort, '', 0, 5000, 'KEYS', ...keys);
    }
    // The others would hear of it by gossip, some time.
    for (const node of [target, ...masters.filter(({ id }) => id !== target.id)])
      await ask(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', target.id);
  };

  return { url: first.service.address, nodes, masterOf, inStep, ask, moveSlotOf, stop };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`nothing at ${String(index)}`);
  return found;
}
