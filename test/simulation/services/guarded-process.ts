/**
 * The opener's side of a guard (guard.ts): run commands whose life is bound to this process's.
 *
 * Guarantees: a child started here ends with `close()` or with this process, whichever is first and however it
 * ends; a child's `exited` always settles, also when the guard itself dies.
 */
import { spawn } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { GuardedCommand, GuardReport, GuardRequest } from './guard-protocol.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GuardedChild {
  readonly pid: number;
  /** Settles when the child has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** True until the exit was reported. */
  isAlive(): boolean;
  /** Resolves once the child's process group has got the signal, or has ended before. Never rejects. */
  signal(signal: NodeJS.Signals): Promise<void>;
}

export interface Guard {
  /** Starts a command. Rejects if it cannot be started at all (no such file, not executable). */
  run(command: GuardedCommand): Promise<GuardedChild>;
  /** Ends all children (SIGTERM, SIGKILL a second later), removes the directory; idempotent. */
  close(): Promise<void>;
}

interface Slot {
  readonly started: PromiseWithResolvers<number>;
  readonly exited: PromiseWithResolvers<Exit>;
  alive: boolean;
}

/** Hears the command line of each child. Nobody listens but a test run that counts them. */
const starts = channel('coupon-notifier.guarded-process');

/** Opens a guard that removes `directory` (an absolute path) at the end. */
export function openGuard(directory: string): Guard {
  const script = new URL('./guard.ts', import.meta.url);
  const { NODE_OPTIONS: _dropped, ...env } = process.env; // a debugger's or test runner's flags are not for it
  const guard = spawn(process.execPath, [fileURLToPath(script), directory], {
    detached: true,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const slots = new Map<number, Slot>();
  const signals = new Map<number, () => void>();
  let nextId = 1;
  let nextSignal = 1;
  const ended = new Promise<void>((resolve) => {
    const onEnd = (reason: string): void => {
      for (const slot of slots.values()) {
        slot.started.reject(new Error(`the guard process ended: ${reason}`));
        slot.alive = false;
        slot.exited.resolve({ code: null, signal: null });
      }
      slots.clear();
      for (const resolve of signals.values()) resolve();
      signals.clear();
      resolve();
    };
    guard.once('error', (error) => {
      onEnd(error.message);
    });
    guard.once('close', (code, signal) => {
      onEnd(`code ${String(code)}, signal ${String(signal)}`);
    });
  });
  guard.stdin.on('error', () => undefined); // EPIPE after its end: `ended` tells

  createInterface({ input: guard.stdout }).on('line', (line) => {
    const report = JSON.parse(line) as GuardReport;
    if (report.event === 'signalled') {
      signals.get(report.number)?.();
      signals.delete(report.number);
      return;
    }
    const slot = slots.get(report.id);
    if (slot === undefined) return;
    if (report.event === 'running') {
      slot.started.resolve(report.pid);
      return;
    }
    slots.delete(report.id);
    slot.alive = false;
    if (report.event === 'failed') slot.started.reject(new Error(report.message));
    slot.exited.resolve(report.event === 'exited' ? report : { code: null, signal: null });
  });

  const send = (request: GuardRequest): void => {
    guard.stdin.write(`${JSON.stringify(request)}\n`);
  };

  return {
    async run(command) {
      const id = nextId++;
      const slot: Slot = {
        started: Promise.withResolvers<number>(),
        exited: Promise.withResolvers<Exit>(),
        alive: true,
      };
      if (guard.exitCode !== null || guard.signalCode !== null)
        throw new Error('the guard process has ended');
      slots.set(id, slot);
      send({ do: 'run', id, command });
      if (starts.hasSubscribers) starts.publish([command.command, ...command.args].join(' '));
      const pid = await slot.started.promise;
      return {
        pid,
        exited: slot.exited.promise,
        isAlive: () => slot.alive,
        signal(signal) {
          if (!slot.alive) return Promise.resolve();
          const number = nextSignal++;
          send({ do: 'signal', id, number, signal });
          return new Promise((resolve) => signals.set(number, resolve));
        },
      };
    },
    async close() {
      guard.stdin.end();
      await ended;
    },
  };
}
