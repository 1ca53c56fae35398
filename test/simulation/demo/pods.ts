/**
 * Pods as processes of their own, under a guard: whatever happens to this process, none of them outlives it. They
 * are started by node itself, as in production, so exit codes and signals are the pod's own.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMMAND_LINE_HEAP_FLAG } from '../../../src/runtime/heap-flags.ts';
import type { Status } from '../../../src/ops/status.ts';
import type { Exit, Guard, GuardedChild } from '../services/guarded-process.ts';
import { readTail } from '../services/local-service.ts';

export interface PodProcess {
  readonly name: string;
  readonly url: string;
  readonly logFile: string;
  isRunning(): boolean;
  /** Undefined before the first start. */
  pid(): number | undefined;
  /** Starts it, again where it has ended. */
  start(): Promise<void>;
  /** Resolves when `/ready` says yes; rejects where the pod ends before, or does not come up in time. */
  waitUntilReady(timeoutMs?: number): Promise<void>;
  /** SIGTERM, and how it ended; killed where it does not end in time. */
  stop(timeoutMs?: number): Promise<Exit>;
  /** SIGKILL. */
  kill(): Promise<Exit>;
  /** How it ended last, and the last of its log's lines that say what was wrong. */
  lastWords(): Promise<string>;
  /** Undefined while it does not answer. */
  status(): Promise<Status | undefined>;
}

/** How a process ended, for a person. */
export const showExit = ({ code, signal }: Exit): string =>
  signal === null ? `exit code ${String(code)}` : `signal ${signal}`;

/** Of a pod's log, for an error that has to explain itself after the log is gone. */
const TAIL_LINES = 12;

/** The first process that ends in order leaves its compiled source here: halves the CPU of each later start. */
export const COMPILE_CACHE = fileURLToPath(new URL('../../../.cache/pods', import.meta.url));

/** A pod that is not started yet. */
export const createPod = (
  guard: Guard,
  pod: {
    readonly name: string;
    readonly port: number;
    readonly env: Readonly<Record<string, string>>;
    readonly logFile: string;
    /** Node's own, such as a preload by `--import`. */
    readonly nodeArgs?: readonly string[];
    /** Path of another build's or version's `main`, asked for at each start; default: this one's. */
    readonly main?: () => string;
  },
): PodProcess => {
  const own = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
  const url = `http://127.0.0.1:${pod.port}`;
  let child: GuardedChild | undefined;

  const answers = async (path: string): Promise<Response | undefined> => {
    try {
      return await fetch(`${url}${path}`, { signal: AbortSignal.timeout(2000) });
    } catch {
      return undefined;
    }
  };
  const end = async (signal: NodeJS.Signals, timeoutMs: number): Promise<Exit> => {
    if (child === undefined) throw new Error(`${pod.name} was never started`);
    void child.signal(signal);
    const timeout = new AbortController();
    const late = sleep(timeoutMs, undefined, { signal: timeout.signal }).then(
      () => true,
      () => false,
    );
    if (await Promise.race([child.exited.then(() => false), late])) void child.signal('SIGKILL');
    timeout.abort();
    return child.exited;
  };

  return {
    name: pod.name,
    url,
    logFile: pod.logFile,
    isRunning: () => child?.isAlive() === true,
    pid: () => child?.pid,
    async start() {
      child = await guard.run({
        command: process.execPath,
        args: [
          '--disable-warning=TimeoutNegativeWarning',
          COMMAND_LINE_HEAP_FLAG,
          ...(pod.nodeArgs ?? []),
          pod.main?.() ?? own,
        ],
        cwd: fileURLToPath(new URL('../../../', import.meta.url)),
        env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: COMPILE_CACHE, ...pod.env },
        logFile: pod.logFile,
      });
    },
    async waitUntilReady(timeoutMs = 120_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const response = await answers('/ready');
        if (response?.ok === true) return;
        if (child?.isAlive() !== true) {
          const exit = child === undefined ? 'never started' : showExit(await child.exited);
          throw new Error(
            `${pod.name} ended before it was ready (${exit}):\n${await readTail(pod.logFile, TAIL_LINES)}`,
          );
        }
        if (Date.now() > deadline) {
          const why = response === undefined ? 'no answer' : await response.text();
          throw new Error(
            `${pod.name} is not ready after ${timeoutMs / 1000} s: ${why}
${await readTail(pod.logFile, TAIL_LINES)}`,
          );
        }
        await sleep(150);
      }
    },
    stop: (timeoutMs = 20_000) => end('SIGTERM', timeoutMs),
    kill: () => end('SIGKILL', 5000),
    async lastWords() {
      const exit = child === undefined ? 'never started' : showExit(await child.exited);
      const log = await readFile(pod.logFile, 'utf8').catch(() => '');
      const grave = log.split('\n').filter((line) => /"level":"(?:error|fatal)"/.test(line));
      return [exit, ...grave.slice(-3)].join('\n  ');
    },
    async status() {
      const response = await answers('/status');
      return response?.ok === true ? ((await response.json()) as Status) : undefined;
    },
  };
};
