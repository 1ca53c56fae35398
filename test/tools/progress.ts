/**
 * What a test run tells while it runs, where no terminal redraws it: every 30 s a line with how many files are done
 * and which ones run, the longest first.
 */
import { performance } from 'node:perf_hooks';

export interface Progress {
  begin(files: number): void;
  started(file: string): void;
  ended(file: string): void;
  end(): void;
}

const EVERY_MS = 30_000;

export function createProgress(
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): Progress {
  /** When each file that runs began, in the order of the beginnings. */
  const running = new Map<string, number>();
  let total = 0;
  let done = 0;
  let beganAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const secondsSince = (then: number): string => `${((now() - then) / 1000).toFixed(0)} s`;
  const tell = (): void => {
    const files = [...running].map(([file, since]) => `${file} (${secondsSince(since)})`);
    say(
      `… ${secondsSince(beganAt)}: ${String(done)} of ${String(total)} files done; running ${files.join(', ') || 'none'}`,
    );
  };
  return {
    begin(files) {
      total = files;
      beganAt = now();
      timer = setInterval(tell, EVERY_MS);
      timer.unref();
    },
    started: (file) => void running.set(file, now()),
    ended(file) {
      if (running.delete(file)) done += 1;
    },
    end() {
      clearInterval(timer);
    },
  };
}
