/**
 * One Kafka, one Redis and one S3 for all tests that need them, started when the first such project runs and stopped
 * after the last. Tests find them by `inject('services')` or in their own environment, under the names that a pod
 * reads (KAFKA_BROKERS, REDIS_URL, S3_ENDPOINT, AWS_*). Whoever needs to break a service starts one of their own.
 *
 * Both projects load this file, each by itself, so what they share lies with the process.
 */
import type { TestProject } from 'vitest/node';
import { type RunningServices, startServices } from '../simulation/services/start-services.ts';

/** Exists when the tests start; each file uses object keys of its own. */
const BUCKET = 'coupon-notifier-tests';

declare module 'vitest' {
  interface ProvidedContext {
    /** The services' part of a pod's environment. */
    services: Readonly<Record<string, string>>;
    /** A bucket that exists in the S3 service. */
    bucket: string;
  }
}

interface Shared {
  users: number;
  readonly running: Promise<RunningServices>;
}

const holder = globalThis as Record<symbol, Shared | undefined>;
const KEY = Symbol.for('coupon-push-notifier.test-services');

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (holder[KEY] ??= { users: 0, running: start() });
  shared.users += 1;
  const { env } = await shared.running;
  project.provide('services', env);
  project.provide('bucket', BUCKET);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    holder[KEY] = undefined;
    await (await shared.running).stop();
  };
}

async function start(): Promise<RunningServices> {
  const services = await startServices({
    s3: { buckets: [BUCKET] },
    say: (line) => console.log(`services: ${line}`),
  });
  Object.assign(process.env, services.env);
  return services;
}
