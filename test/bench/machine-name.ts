/** The machine that something was measured on, as tables name it. */
import { cpus } from 'node:os';

export function machineName(): string {
  return `${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? '?'}, Node ${process.version}`;
}
