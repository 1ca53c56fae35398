/** What a process holds in memory, as Linux counts it. */
import { readFile } from 'node:fs/promises';

/** The most that was ever resident, in bytes. Undefined where the system doesn't tell (not Linux). */
export async function peakResidentBytes(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
