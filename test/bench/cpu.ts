/** CPU time and memory of a process, from outside, as Linux tells them. */
import { readFileSync } from 'node:fs';

/** Ticks a second: 100 on every Linux that Node supports. */
const TICK_MS = 10;

/** User and system time that a process has used so far, ms; NaN where it can't be told (no /proc). */
export function readCpuMs(pid: number): number {
  return readStatMs(`/proc/${String(pid)}/stat`);
}

/** … of its first thread alone, where Node's event loop runs. */
export function readLoopCpuMs(pid: number): number {
  return readStatMs(`/proc/${String(pid)}/task/${String(pid)}/stat`);
}

function readStatMs(path: string): number {
  try {
    const text = readFileSync(path, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return NaN;
  }
}

/** Resident memory now, MiB; NaN where it can't be told. */
export const readRssMib = (pid: number): number => readStatusMib(pid, 'VmRSS');

/** The most resident memory that a process has ever had, MiB; NaN where it can't be told. */
export const readPeakRssMib = (pid: number): number => readStatusMib(pid, 'VmHWM');

function readStatusMib(pid: number, name: string): number {
  try {
    const text = readFileSync(`/proc/${String(pid)}/status`, 'latin1');
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? NaN) / 1024;
  } catch {
    return NaN;
  }
}

/** CPU time that all processes of this machine have used since its start, ms; NaN where it can't be told. */
export function readBusyMs(): number {
  try {
    const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? '';
    const [user = NaN, nice = NaN, system = NaN, , , irq = NaN, softIrq = NaN] = line
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softIrq) * TICK_MS;
  } catch {
    return NaN;
  }
}
