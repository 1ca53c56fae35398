/** A measurement in a process of its own, so that nobody else's garbage and timers are in it. */
import { readFile } from 'node:fs/promises';
import type { Lab, LoggedChild } from './lab.ts';

const MARK = 'RESULT ';

/** Runs a script of this folder to its end and reads what it {@link report}ed. */
export async function measureIn<T>(
  lab: Lab,
  script: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const child = await lab.run(script, settings);
  return readReport<T>(script, child);
}

/** Waits for a child's end. @throws Error with the end of its log, where it failed or has reported nothing. */
export async function readReport<T>(name: string, child: LoggedChild): Promise<T> {
  const { code } = await child.exited;
  const log = await readFile(child.logFile, 'utf8').catch(() => '');
  const line = log.split('\n').find((one) => one.startsWith(MARK));
  if (code !== 0 || line === undefined)
    throw new Error(`${name}: exit code ${String(code)}\n${log.slice(-2000)}`);
  return JSON.parse(line.slice(MARK.length)) as T;
}

/** Called in the script, once. */
export function report(result: unknown): void {
  process.stdout.write(`${MARK}${JSON.stringify(result)}\n`);
}
