/** Where a command stands, on stderr: one line that is written over on a terminal, else a line now and then. */
import type { WriteStream } from 'node:tty';
import { monotonicMs } from '../runtime/clock.ts';

const BETWEEN_LINES_MS = 10_000;

/** @returns writes where it stands; '' ends it. */
export function createProgress(stream: Pick<WriteStream, 'isTTY' | 'write'>): (text: string) => void {
  let lastMs = monotonicMs();
  return (text) => {
    if (stream.isTTY) {
      stream.write(`\r${text}\u001B[K`);
    } else if (text !== '' && monotonicMs() - lastMs >= BETWEEN_LINES_MS) {
      lastMs = monotonicMs();
      stream.write(`${text}\n`);
    }
  };
}
