/** A measurement in a process of its own, so that nobody else's garbage and timers are in it. */
import { readFile } from 'node:fs/promises';
import type { Lab } from './lab.ts';

const MARK = 'RESULT ';

/** Runs a script of this folder to its end and reads what it {@link report}ed. */
export async function measureIn<T>(
  lab: Lab,
  script: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const child = await lab.run(script, settings);
  const { code } = await child.exited;
  const log = await readFile(child.logFile, 'utf8').catch(() => '');
  const line = log.split('\n').find((one) => one.startsWith(MARK));
  if (code !== 0 || line === undefined)
    throw new Error(`${script}: exit code ${String(code)}\n${log.slice(-2000)}`);
  return JSON.parse(line.slice(MARK.length)) as T;
}

/** Called in the script, once. */
export function report(result: unknown): void {
  process.stdout.write(`${MARK}${JSON.stringify(result)}\n`);
}
