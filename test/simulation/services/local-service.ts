/**
 * The life of a service that runs as a process of this machine: start on fresh ports, answer, be killed, frozen
 * and restarted on the same port with the same data, stop and leave nothing.
 *
 * A port that another process took in the moment between the look and the bind is noticed by what the service
 * writes to its log; then the start is tried again elsewhere. Every fault carries the log's last lines, as the
 * log is gone with the data directory.
 */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findFreePorts } from './free-ports.ts';
import { type GuardedChild, type Guard, openGuard } from './guarded-process.ts';
import { pollUntil } from './readiness.ts';
import type { ServiceHandle, ServiceKind } from './service.ts';

/** Long, for machines that are busy or small; one that dies is noticed at once. */
const START_TIMEOUT_MS = 120_000;
const EXIT_TIMEOUT_MS = 20_000;
const BIND_TRIES = 4;
const LOG_TAIL_LINES = 20;
const BIND_FAILURE = /address already in use|BindException|failed to bind|port \d+ was already in use/i;

export interface LocalCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** How one service is run in one directory on given ports. */
export interface LaunchPlan extends LocalCommand {
  /** Run to its end before the first start. */
  readonly prepare?: LocalCommand;
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  /** Rejects while the service does not answer. */
  readonly probe: () => Promise<void>;
}

export interface LocalServiceSpec {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly portCount: number;
  /** Writes what the service reads into `directory` (existing, empty) and says how to run it. */
  readonly plan: (directory: string, ports: readonly number[]) => Promise<LaunchPlan>;
}

/** Starts a service and resolves when it answers; rejects with the log's last lines when it does not in two minutes. */
export async function startLocalService(spec: LocalServiceSpec): Promise<ServiceHandle> {
  for (let attempt = 1; ; attempt += 1) {
    const directory = await mkdtemp(join(tmpdir(), `coupon-push-notifier-${spec.name}-`));
    const guard = openGuard(directory);
    try {
      const plan = await spec.plan(directory, await findFreePorts(spec.portCount));
      return await launch(spec, plan, guard, directory);
    } catch (error) {
      await guard.close();
      const bindFailed = error instanceof Error && BIND_FAILURE.test(error.message);
      if (!bindFailed || attempt >= BIND_TRIES) throw error;
    }
  }
}

async function launch(
  spec: LocalServiceSpec,
  plan: LaunchPlan,
  guard: Guard,
  directory: string,
): Promise<ServiceHandle> {
  const logFile = join(directory, 'service.log');
  const env = inheritedEnvironment();
  const run = (command: LocalCommand): Promise<GuardedChild> =>
    guard.run({ command: command.command, args: command.args, cwd: directory, env, logFile });
  const fail = async (what: string, cause?: unknown): Promise<never> => {
    throw new Error(`${spec.name} ${what}. Its log ends with:\n${await readTail(logFile)}`, { cause });
  };
  const start = async (): Promise<GuardedChild> => {
    const started = await run(plan);
    await untilReady(started, START_TIMEOUT_MS);
    return started;
  };
  const untilReady = async (watched: GuardedChild, timeoutMs: number): Promise<void> => {
    const died = new AbortController();
    void watched.exited.then(() => {
      died.abort();
    });
    try {
      await pollUntil(plan.probe, { timeoutMs, signal: died.signal });
    } catch (error) {
      if (watched.isAlive()) await fail(`at ${plan.address} gave ${(error as Error).message}`, error);
    }
    // Also when a probe was answered: by another process, if ours ended because the port was taken.
    if (!watched.isAlive()) {
      const { code, signal } = await watched.exited;
      await fail(`has ended (${signal ?? `exit code ${String(code)}`})`);
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    void child.signal(signal);
    if (await settlesWithin(child.exited, EXIT_TIMEOUT_MS)) return;
    // As an orchestrator would: controllers that all stop together leave the last one without a quorum to ask.
    void child.signal('SIGKILL');
    if (!(await settlesWithin(child.exited, EXIT_TIMEOUT_MS)))
      await fail(`did not end after ${signal} and SIGKILL`);
  };

  if (plan.prepare !== undefined) {
    const { code, signal } = await (await run(plan.prepare)).exited;
    if (code !== 0) await fail(`could not be prepared (${signal ?? `exit code ${String(code)}`})`);
  }
  let child = await start();
  let stopped: Promise<void> | undefined;

  return {
    name: spec.name,
    kind: spec.kind,
    origin: 'local',
    address: plan.address,
    env: plan.env,
    pid: () => (child.isAlive() ? child.pid : undefined),
    async kill(signal) {
      if (signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT') await end(signal);
      else await child.signal(signal);
    },
    async restart() {
      if (child.isAlive()) {
        await child.signal('SIGCONT'); // a frozen one could not obey
        await end('SIGTERM');
      }
      child = await start();
    },
    waitUntilReady: (timeoutMs = START_TIMEOUT_MS) => untilReady(child, timeoutMs),
    stop: () => (stopped ??= guard.close()),
  };
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise: expired, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, timeoutMs, false);
  try {
    return await Promise.race([promise.then(() => true), expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** This process's environment as plain strings, for a child. */
export function inheritedEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  return env;
}

/** The last lines of a log, indented; says so where there is none. */
export async function readTail(file: string, lines = LOG_TAIL_LINES): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const tail = text.trimEnd().split(/\r?\n/).slice(-lines);
  return text.trim() === '' ? '  (nothing)' : tail.map((line) => `  ${line}`).join('\n');
}
