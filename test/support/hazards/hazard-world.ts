/**
 * Pods under hazard-preload.ts, and what a hazard does to them. Everything that is waited for is an event: a failpoint
 * reached, an outcome published, a request in the partners' ledger.
 *
 * Set apart from production: a commit is made only when a pod stops, so that a death always finds everything
 * uncommitted; a dead pod is evicted from its group and its jobs' locks are removed, which else end after the session
 * timeout and 30 s; jobs of dead workers are looked for every 0.5 s instead of every 15 s.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { cooldownPrefix } from '../../../src/claims/claims.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { Failpoint } from '../../../src/runtime/failpoints.ts';
import { REDIS_PREFIX } from '../../../src/domain/redis-prefix.ts';
import { pushId } from '../../../src/push/push-id.ts';
import { QUEUE_NAME, queuePrefix } from '../../../src/push/push-queue.ts';
import type { PodProcess } from '../../simulation/demo/pods.ts';
import { readTail } from '../../simulation/services/local-service.ts';
import { withAdmin } from '../../simulation/player/kafka.ts';
import { evictMember } from '../kafka/evict-member.ts';
import type { Armed, ArmedReply } from './hazard-orders.ts';
import { createHazardWitness, type HazardWitness } from './hazard-witness.ts';
import type { SourceEdit } from '../../tools/planted-fault.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../pods/scenario.ts';

export interface HazardWorldOptions {
  readonly redisDatabase: number;
  /** The guards that are taken away. */
  readonly edits: readonly SourceEdit[];
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export type SentEvent = EventRef & Readonly<Record<string, unknown>>;

export interface HazardWorld extends Pick<Scenario, 'partners' | 'city' | 'log'>, HazardWitness {
  pod(index: number): PodProcess;
  /**
   * These pods run and are ready, and no others: who ran besides is dead and buried, and who was given up has begun
   * anew, as a pod that does not know yet that its group has dropped it decides what it then gets again.
   */
  run(...indexes: number[]): Promise<void>;
  /** One pod more. */
  join(index: number): Promise<void>;
  /** Pod 0 alone, which takes no push from the queue. */
  runWithoutWorker(): Promise<void>;
  /** Sends an event, by default of a user of its own and to partition 0. */
  send(changes?: Readonly<Record<string, unknown>>, partition?: number): Promise<SentEvent>;
  /** Asks for a signal at a failpoint. @returns a wait until it was given. */
  arm(pod: number, failpoint: Failpoint, order: Armed): Promise<() => Promise<void>>;
  /** Asks for a reply to be lost. @returns a wait until it was. */
  armReply(pod: number, order: ArmedReply): Promise<() => Promise<void>>;
  /** SIGKILL where it still runs; then the group and the queue know that it is dead. */
  bury(index: number): Promise<void>;
  /** The group and the queue take a frozen pod for dead. */
  giveUp(index: number): Promise<void>;
  resume(index: number): void;
  removeJob(event: EventRef): Promise<void>;
  /** New rules that push whatever there is; resolves when they are in force on every pod. */
  rule(changes?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Back to where every hazard begins: whatever pods there are, kind partners and open rules. */
  calm(): Promise<void>;
  /** The end of each pod's log. */
  lastWords(): Promise<readonly string[]>;
  readonly until: typeof eventually;
  stop(): Promise<void>;
}

const PODS = 2;
const LOG_LINES = 25;
const QUICK_STALLED_CHECK: SourceEdit = {
  file: 'push/push-worker.ts',
  find: 'const STALLED_INTERVAL_MS = 15_000;',
  replace: 'const STALLED_INTERVAL_MS = 500;',
};
const NO_WORKER: SourceEdit = {
  file: 'push/push-worker.ts',
  find: 'start: () => void run(),',
  replace: 'start: () => undefined,',
};
const ENV = {
  // A frozen pod stays a member until the hazard gives it up.
  KAFKA_SESSION_TIMEOUT_MS: '60000',
  DRAIN_TIMEOUT_MS: '6000',
  COMMIT_INTERVAL_MS: '3600000',
  COMMIT_MAX_EVENTS: '1000000',
  PUSH_API_TIMEOUT_MS: '60000',
  DOCUMENT_POLL_MS: '200',
};

export async function startHazardWorld({
  edits,
  env,
  redisDatabase,
}: HazardWorldOptions): Promise<HazardWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'hazard-'));
  const scenario = await startScenario({
    pods: PODS,
    partitions: 2,
    redisDatabase,
    rules: openRules('0'),
    nodeArgs: ['--import', pathToFileURL(join(import.meta.dirname, 'hazard-preload.ts')).href],
    env: { ...ENV, HAZARD_DIRECTORY: directory, ...env },
  });
  const { names, kafka, partners } = scenario;
  const redis = new Redis(`${inject('services')['REDIS_URL'] ?? ''}/${String(redisDatabase)}`);
  const queueKey = `${queuePrefix(cooldownPrefix(REDIS_PREFIX, false))}:${QUEUE_NAME}`;
  const producer = kafka.producer();
  await producer.connect();
  let users = 0;
  let version = 0;
  let isRuled = false;

  function podAt(index: number): PodProcess {
    const pod = scenario.pods[index];
    if (pod === undefined) throw new Error(`there is no pod ${String(index)}`);
    return pod;
  }
  const running = () => scenario.pods.filter((pod) => pod.isRunning());
  const givenUp = new Set<number>();
  const fileOf = (index: number, name: string) => join(directory, `${podAt(index).name}.${name}`);

  async function start(index: number, more: readonly SourceEdit[] = []): Promise<void> {
    givenUp.delete(index);
    await writeFile(fileOf(index, 'edits'), JSON.stringify([QUICK_STALLED_CHECK, ...edits, ...more]));
    await podAt(index).start();
    await podAt(index).waitUntilReady();
  }

  async function order(index: number, name: string, wanted: Armed | ArmedReply) {
    const reached = fileOf(index, `${name}.reached`);
    await rm(reached, { force: true });
    // The pod may look at any moment: an order is there whole or not at all.
    await writeFile(fileOf(index, `${name}.draft`), JSON.stringify(wanted));
    await rename(fileOf(index, `${name}.draft`), fileOf(index, `${name}.armed`));
    return () =>
      eventually(() => {
        if (!existsSync(reached)) throw new Error(`${podAt(index).name} has not come to ${name}`);
        // It says so right before.
        if ('signal' in wanted && wanted.signal === 'SIGKILL' && podAt(index).isRunning()) {
          throw new Error(`${podAt(index).name} is not dead yet`);
        }
      });
  }

  async function giveUp(index: number): Promise<void> {
    givenUp.add(index);
    await withAdmin(kafka, (admin) =>
      evictMember(kafka, admin, { groupId: names.groupId, name: podAt(index).name }),
    );
    const locks = await redis.keys(`${queueKey.replace(/[{}]/g, '\\$&')}:*:lock`);
    if (locks.length > 0) await redis.del(locks);
  }

  async function bury(index: number): Promise<void> {
    if (podAt(index).pid() === undefined) return;
    await podAt(index).kill();
    await giveUp(index);
  }

  async function buryOthers(wanted: readonly number[]): Promise<void> {
    for (const [index, pod] of scenario.pods.entries()) {
      if (!wanted.includes(index) && pod.isRunning()) await bury(index);
    }
  }

  async function rule(changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
    version += 1;
    isRuled = true;
    await scenario.putRules(openRules(String(version), changes));
    await eventually(async () => {
      for (const pod of running()) {
        const inForce = (await pod.status())?.rules.version;
        if (inForce !== String(version)) throw new Error(`${pod.name} goes by rules ${String(inForce)}`);
      }
    });
  }

  async function queued(): Promise<number> {
    const counts = await redis
      .multi()
      .llen(`${queueKey}:wait`)
      .llen(`${queueKey}:active`)
      .zcard(`${queueKey}:delayed`)
      .exec();
    if (counts === null) throw new Error('Redis dropped the question');
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  return {
    ...scenario,
    ...createHazardWitness(scenario, queued),
    pod: podAt,
    async run(...indexes) {
      await buryOthers(indexes);
      const down = indexes.filter((index) => givenUp.has(index) || !podAt(index).isRunning());
      for (const index of down) await bury(index);
      await Promise.all(down.map((index) => start(index)));
    },
    join: (index) => start(index),
    async runWithoutWorker() {
      await buryOthers([]);
      await start(0, [NO_WORKER]);
    },
    async send(changes = {}, partition = 0) {
      const event = eventAt(scenario.city, { userId: `u-${String((users += 1))}`, ...changes }) as SentEvent;
      const value = JSON.stringify(event);
      await producer.send({ topic: names.topic, messages: [{ key: event.userId, value, partition }] });
      return event;
    },
    arm: (index, failpoint, wanted) => order(index, failpoint, wanted),
    armReply: (index, wanted) => order(index, 'reply', wanted),
    bury,
    giveUp,
    resume: (index) => process.kill(podAt(index).pid() ?? 0, 'SIGCONT'),
    async removeJob(event) {
      const id = pushId(event);
      await redis.multi().lrem(`${queueKey}:wait`, 0, id).del(`${queueKey}:${id}`).exec();
    },
    rule,
    async calm() {
      await partners.control({ couponApi: { rates: {} }, pushApi: { rates: {} } });
      if (isRuled) await rule();
      isRuled = false;
    },
    async lastWords() {
      const begun = scenario.pods.filter((pod) => pod.pid() !== undefined);
      return Promise.all(
        begun.map(async ({ name, logFile }) => `${name}:\n${await readTail(logFile, LOG_LINES)}`),
      );
    },
    until: eventually,
    async stop() {
      await producer.disconnect();
      redis.disconnect();
      await scenario.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
