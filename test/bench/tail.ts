/** The end of a process's log, for an error that has to explain itself. */
import { readFile } from 'node:fs/promises';

export async function tailOf(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-10).join('\n');
}
