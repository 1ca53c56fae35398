/**
 * Runs vitest as a child and counts for it: whatever becomes of the child (a crash, a signal, out of memory), there
 * is a count that agrees with the way it ended. Signals are passed on, and the run waits for the child's own end,
 * so that the services it started are stopped.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseSummary, settleSummary, type TestSummary } from './test-summary.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @param stop aborted: the run is ended, as a signal would end it. */
export async function runTests(vitestArguments: readonly string[], stop?: AbortSignal): Promise<TestSummary> {
  const directory = mkdtempSync(join(tmpdir(), 'test-summary-'));
  const file = join(directory, 'summary.json');
  try {
    const endedWell = await runVitest(vitestArguments, file, stop);
    return settleSummary(readSummary(file), endedWell);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runVitest(
  vitestArguments: readonly string[],
  summaryFile: string,
  stop?: AbortSignal,
): Promise<boolean> {
  const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
  const child = spawn(process.execPath, [join(dirname(manifest), 'vitest.mjs'), 'run', ...vitestArguments], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TEST_SUMMARY_FILE: summaryFile },
  });
  const passOn = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  const end = (): void => passOn('SIGTERM');
  stop?.addEventListener('abort', end);
  try {
    return await new Promise<boolean>((resolve) => {
      child.once('error', (error) => {
        console.error(`vitest did not start: ${error.message}`);
        resolve(false);
      });
      child.once('exit', (code, signal) => {
        if (signal !== null) console.error(`vitest was ended by ${signal}`);
        resolve(code === 0);
      });
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, passOn);
    stop?.removeEventListener('abort', end);
  }
}

function readSummary(file: string): TestSummary | undefined {
  try {
    return parseSummary(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
