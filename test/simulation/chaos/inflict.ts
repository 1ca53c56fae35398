/**
 * Does one fault to the world, and gives back what heals it. Healing only lets go: whether things come back, and
 * how soon, is what the run is to find out, so nothing here waits for it.
 */
import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { showExit, type PodProcess } from '../demo/pods.ts';
import type { Partners } from '../partners/partners.ts';
import { MILD_COUPON_RATES, MILD_PUSH_RATES, SICK_COUPON_WAYS } from '../partners/faults.ts';
import type { SettingsPatch } from '../partners/settings.ts';
import type { RunningServices } from '../services/start-services.ts';
import { brokerName } from '../services/local-kafka-cluster.ts';
import type { ServiceHandle } from '../services/service.ts';
import { REFUSED_COMMANDS, type LinkName, type PlannedFault } from './fault-kinds.ts';
import type { Links } from './links.ts';

/** What faults are done to. */
export interface Stage {
  readonly services: RunningServices;
  readonly partners: Partners;
  readonly pods: readonly PodProcess[];
  readonly links: Links;
  /** The file that says how far a pod's clock is off. */
  clockFileOf(pod: number): string;
}

/** A fault that was done. */
export interface Infliction {
  /** How a pod ended that was told to. */
  readonly exit?: string;
  /** Lets go. */
  heal(): Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/** Everything that a bad day of an API holds, ambiguous answers first of all. */
const COUPON_MIXTURE = {
  error500: 2,
  unavailable503: 1,
  tooMany429: 2,
  timeout: 2,
  reset: 2,
  slowDrip: 1,
  duplicated: 2,
};
const PUSH_MIXTURE = {
  error500: 1,
  unavailable503: 1,
  tooMany429: 3,
  timeout: 2,
  resetBeforeRead: 1,
  resetAfterRead: 2,
  slowDrip: 1,
  duplicated: 2,
};

const share = <F extends string>(mixture: Readonly<Record<F, number>>, whole: number): Record<F, number> => {
  const entries = Object.entries<number>(mixture);
  const sum = entries.reduce((total, [, part]) => total + part, 0);
  return Object.fromEntries(entries.map(([fault, part]) => [fault, (part / sum) * whole])) as Record<
    F,
    number
  >;
};

/** How some users' coupon calls fail: by the last digit of their share in per cent. */
export const sickWay = (share: number): (typeof SICK_COUPON_WAYS)[number] =>
  SICK_COUPON_WAYS[Math.round(share * 100) % SICK_COUPON_WAYS.length] ?? 'unavailable503';

const settings = async (
  partners: Partners,
  patch: SettingsPatch,
  healed: SettingsPatch,
): Promise<Infliction> => {
  await partners.control(patch);
  return { heal: () => partners.control(healed) };
};

const freeze = (pod: PodProcess): Infliction => {
  const pid = pod.pid();
  if (pid === undefined || !pod.isRunning()) return { heal: nothing };
  process.kill(pid, 'SIGSTOP');
  return {
    heal: async () => {
      if (pod.isRunning()) process.kill(pid, 'SIGCONT');
    },
  };
};

const away = async (links: Links, link: LinkName): Promise<Infliction> => {
  await links.set(undefined, link, { kind: 'cut' });
  return { heal: () => links.set(undefined, link, { kind: 'open' }) };
};

/** Of `kafka` all brokers at once. */
const servicesOf = (services: RunningServices, name: string): readonly ServiceHandle[] => {
  const several = services.all.filter((one) => name === 'kafka' && one.kind === 'kafka');
  return several.length > 1 ? several : [services.service(name)];
};

const freezeService = async (services: RunningServices, name: string): Promise<Infliction> => {
  const all = servicesOf(services, name);
  await Promise.all(all.map((one) => one.kill('SIGSTOP')));
  return {
    heal: async () => {
      await Promise.all(all.map((one) => one.kill('SIGCONT')));
    },
  };
};

/** Redis refuses a command, or a class of them, to everybody. */
const refuseCommand = async (services: RunningServices, rule: string): Promise<Infliction> => {
  const administrate = async (...rules: readonly string[]): Promise<void> => {
    const redis = new Redis(services.service('redis').address);
    try {
      await redis.acl('SETUSER', 'default', ...rules);
    } finally {
      redis.disconnect();
    }
  };
  await administrate(rule);
  return { heal: () => administrate('+@all') };
};

const endService = async (
  services: RunningServices,
  name: string,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<Infliction> => {
  const all = servicesOf(services, name);
  await Promise.all(all.map((one) => one.kill(signal)));
  return {
    heal: async () => {
      await Promise.all(all.map((one) => one.restart()));
    },
  };
};

/** What a host takes with it that Redis had only told it to write: the files go back to what they were a while ago. */
const loseWrites = async (services: RunningServices, lostMs: number): Promise<Infliction> => {
  const service = services.service('redis');
  const redis = new Redis(service.address);
  const [, directory = ''] = await redis.config('GET', 'dir');
  redis.disconnect();
  const files = join(directory, 'appendonlydir');
  const before = `${files}-before`;
  await cp(files, before, { recursive: true });
  await sleep(lostMs);
  await service.kill('SIGKILL');
  await rm(files, { recursive: true });
  await rename(before, files);
  return { heal: () => service.restart() };
};

/** Lost for good is what a partner's hole held: a push that came minutes late would be nobody's fault. */
const delivers = (link: LinkName): boolean => link === 'kafka' || link === 'redis';

/** Resolves when the fault is in force. */
export const inflict = async (stage: Stage, fault: PlannedFault): Promise<Infliction> => {
  const { services, partners, pods, links } = stage;
  const { kind, amount = 0, link = 'kafka' } = fault;
  const pod = pods[fault.pod ?? 0];
  if (pod === undefined) throw new Error(`there is no pod ${String(fault.pod)}`);
  const across = async (condition: Parameters<Links['set']>[2]): Promise<Infliction> => {
    await links.set(fault.pod, link, condition);
    return { heal: () => links.set(fault.pod, link, { kind: 'open' }) };
  };
  switch (kind) {
    case 'pod-kill':
      return { exit: showExit(await pod.kill()), heal: () => pod.start() };
    case 'pod-restart':
      return { exit: showExit(await pod.stop()), heal: () => pod.start() };
    case 'pod-freeze':
    case 'pod-long-freeze':
      return freeze(pod);
    case 'clock-step': {
      const file = stage.clockFileOf(fault.pod ?? 0);
      await writeFile(file, String(amount));
      return { heal: () => rm(file, { force: true }) };
    }
    case 'broker-restart':
      return endService(services, 'kafka', 'SIGTERM');
    case 'broker-kill':
      return endService(services, 'kafka', 'SIGKILL');
    case 'broker-freeze':
      return freezeService(services, 'kafka');
    case 'redis-kill':
      return endService(services, 'redis', 'SIGKILL');
    case 'redis-host-death':
      return loseWrites(services, fault.lastsMs);
    case 'redis-freeze':
      return freezeService(services, 'redis');
    case 's3-away':
      return freezeService(services, 's3');
    case 'coupon-away':
      return away(links, 'coupon');
    case 'push-away':
      return away(links, 'push');
    case 'auth-away':
      return away(links, 'auth');
    case 'coupon-errors':
      return settings(
        partners,
        { couponApi: { rates: share(COUPON_MIXTURE, amount) } },
        { couponApi: { rates: MILD_COUPON_RATES } },
      );
    case 'push-errors':
      return settings(
        partners,
        { pushApi: { rates: share(PUSH_MIXTURE, amount) } },
        { pushApi: { rates: MILD_PUSH_RATES } },
      );
    case 'coupon-some-users':
      return settings(
        partners,
        { couponApi: { sickUsers: { share: amount, way: sickWay(amount) } } },
        { couponApi: { sickUsers: { share: 0, way: 'unavailable503' } } },
      );
    case 'coupon-odd-answers':
      return settings(
        partners,
        { couponApi: { packedRate: amount, rates: { ...MILD_COUPON_RATES, redirected: 0.25 } } },
        { couponApi: { packedRate: 0, rates: MILD_COUPON_RATES } },
      );
    case 'push-some-users':
      return settings(
        partners,
        { pushApi: { sickUsers: { share: amount, way: 'tooMany429' } } },
        { pushApi: { sickUsers: { share: 0, way: 'tooMany429' } } },
      );
    case 'redis-command':
      return refuseCommand(services, REFUSED_COMMANDS[amount] ?? '-@write');
    case 'leader-kill':
      return endService(services, brokerName(amount), 'SIGKILL');
    case 'leader-freeze':
      return freezeService(services, brokerName(amount));
    case 'broker-unreachable':
      await links.set(fault.pod, 'kafka', { kind: 'hole', deliver: true }, amount);
      return { heal: () => links.set(fault.pod, 'kafka', { kind: 'open' }, amount) };
    case 'link-late':
      return across({ kind: 'late' });
    case 'tokens-revoked':
      await partners.control({ revokeTokens: true });
      return { heal: nothing };
    case 'link-slow':
      return across({ kind: 'slow', latencyMs: amount, bytesPerSecond: 200_000 });
    case 'link-cut':
      return across({ kind: 'cut' });
    case 'link-hole':
      return across({ kind: 'hole', deliver: delivers(link) });
  }
};
