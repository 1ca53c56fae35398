/**
 * The guard: a small process between ours and a local service, which outlives ours by a second at most.
 *
 * Guarantees that no service and no data directory is left behind, however the process that opened it ends:
 * the operating system closes the pipe to the guard's standard input even after SIGKILL, and that end of input
 * is the order to clean up. It runs in a session of its own, so a Ctrl-C in the terminal or a signal to the
 * opener's process group does not reach it or the service. Each child gets its own process group and is
 * signalled as a group, so that what it forked goes with it.
 *
 * Usage: node guard.ts DIRECTORY (removed at the end); see guard-protocol.ts for what is said over the pipes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

import type { GuardedCommand, GuardReport, GuardRequest } from './guard-protocol.ts';

/** How long a child has between SIGTERM and SIGKILL at the end. Its data are thrown away, so: not long. */
const GRACE_MS = 1_000;

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: node guard.ts DIRECTORY');

const children = new Map<number, ChildProcess>();
let ending = false;

function report(message: GuardReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the whole group has ended already.
  }
}

function run(id: number, { command, args, cwd, env, logFile }: GuardedCommand): void {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  children.set(id, child);
  child.once('spawn', () => {
    if (child.pid !== undefined) report({ event: 'running', id, pid: child.pid });
  });
  child.once('error', (error) => {
    children.delete(id);
    report({ event: 'failed', id, message: error.message });
    endWhenEmpty();
  });
  child.once('exit', (code, signal) => {
    children.delete(id);
    signalGroup(child, 'SIGKILL'); // whatever it forked
    report({ event: 'exited', id, code, signal });
    endWhenEmpty();
  });
}

function obey(request: GuardRequest): void {
  if (ending) return;
  if (request.do === 'run') {
    run(request.id, request.command);
    return;
  }
  const child = children.get(request.id);
  if (child !== undefined) signalGroup(child, request.signal);
  report({ event: 'signalled', number: request.number });
}

function endWhenEmpty(): void {
  if (!ending || children.size > 0) return;
  try {
    rmSync(directory as string, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  } finally {
    process.exit(0);
  }
}

function end(): void {
  if (ending) return;
  ending = true;
  for (const child of children.values()) {
    signalGroup(child, 'SIGTERM');
    signalGroup(child, 'SIGCONT'); // a frozen one could not obey
  }
  setTimeout(() => {
    for (const child of children.values()) signalGroup(child, 'SIGKILL');
  }, GRACE_MS);
  endWhenEmpty();
}

process.stdout.on('error', end); // EPIPE: the opener is gone
process.on('uncaughtException', (error) => {
  process.stderr.write(`guard: ${error.stack ?? error.message}\n`);
  end();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
const requests = createInterface({ input: process.stdin });
requests.on('line', (line) => {
  obey(JSON.parse(line) as GuardRequest);
});
requests.once('close', end);
