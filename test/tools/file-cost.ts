/**
 * What a test file costs: the CPU of its worker and of every process that the worker waited for, and which processes
 * it had started under a guard. Kept with the file's result, from where the reporter takes it. A process that two
 * files share, such as the services, is nobody's.
 */
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { afterAll } from 'vitest';

export interface FileCost {
  /** Of the worker, from its start, in seconds. */
  readonly workerSeconds: number;
  /** Of the processes that it started and waited for, in seconds; 0 where the system doesn't tell (no /proc). */
  readonly childSeconds: number;
  /** How many of each kind it started. */
  readonly started: Readonly<Record<string, number>>;
}

declare module 'vitest' {
  interface TaskMeta {
    cost?: FileCost;
  }
}

const KINDS: readonly (readonly [kind: string, sign: RegExp])[] = [
  ['pod', /src\/main\.ts/],
  ['Kafka', /kafka\.Kafka/],
  ['Redis', /redis/],
  ['S3', /s3mock/],
];
/** Of /proc: Linux counts in hundredths, whatever the kernel's own. */
const TICKS_PER_SECOND = 100;

const started: Record<string, number> = {};
subscribe('coupon-notifier.guarded-process', (message) => {
  const line = String(message);
  const kind = KINDS.find(([, sign]) => sign.test(line))?.[0] ?? 'other';
  started[kind] = (started[kind] ?? 0) + 1;
});

/** Fields 16 and 17 of /proc/self/stat, counted from 1; the second field may hold spaces and ends with a bracket. */
function childSeconds(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

// Registered before the file's own hooks, so it runs after them: what they stop has ended.
// eslint-disable-next-line no-empty-pattern -- vitest takes nothing but a pattern here
afterAll(({}, suite) => {
  const { user, system } = process.cpuUsage();
  suite.meta.cost = { workerSeconds: (user + system) / 1e6, childSeconds: childSeconds(), started };
});
