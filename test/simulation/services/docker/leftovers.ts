/**
 * Containers whose run was killed. Testcontainers' reaper removes them, but runs of one engine share it, so that they
 * stay as long as any other run goes on: each run marks its containers as its own, and removes those of runs that are
 * surely over.
 *
 * Surely: the mark names the machine, its table of processes and a process of it that is no longer there. What another
 * machine or another container marked is never touched.
 */
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { Say } from '../service.ts';
import { askEngine, type EngineAddress } from './engine-api.ts';

const LABEL = 'coupon-push-notifier.run';

const containersSchema = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()),
  }),
);

export interface ProcessTable {
  /** The same for two processes only if each sees the other's id. */
  readonly name: string;
  readonly isAlive: (pid: number) => boolean;
}

const thisTable = (): ProcessTable => ({ name: `${hostname()} ${processNamespace()}`, isAlive });

/** The labels of this run's containers. */
export const ownLabels = (
  table: ProcessTable = thisTable(),
  pid = process.pid,
): Readonly<Record<string, string>> => ({
  [LABEL]: `${String(pid)} ${table.name}`,
});

/** Removes what dead runs left, and says so. Never rejects: what can't be removed disturbs nobody. */
export const removeLeftovers = async (
  address: EngineAddress,
  say: Say,
  table: ProcessTable = thisTable(),
): Promise<void> => {
  const filters = encodeURIComponent(JSON.stringify({ label: [LABEL] }));
  const answer = await askEngine(address, `/containers/json?all=1&filters=${filters}`).catch(() => undefined);
  for (const { Id: id, Names: names, Labels: labels } of containersSchema.safeParse(answer).data ?? []) {
    const [, pid, name] = /^(\d+) (.*)$/.exec(labels[LABEL] ?? '') ?? [];
    if (pid === undefined || name !== table.name || table.isAlive(Number(pid))) continue;
    const what = `the container ${(names?.[0] ?? id).replace(/^\//, '')}, left by process ${pid}, which was killed`;
    try {
      await askEngine(address, `/containers/${id}?force=1&v=1`, 'DELETE');
      say(`removed ${what}`);
    } catch (error) {
      // Gone or going: the reaper, or another run, was first.
      const { status = 0 } = error as { status?: number };
      if (status !== 404 && status !== 409) say(`could not remove ${what}: ${(error as Error).message}`);
    }
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

/** Containers have tables of their own, also where they share the host's name. */
const processNamespace = (): string => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return process.platform;
  }
};
