/**
 * Where log lines go: stdout, whoever reads it. A reader that stalls never stalls the pod. Lines that it does not take
 * are kept up to a bound, then whole lines are dropped and counted. Once it reads again a line says how many. A reader
 * that is gone costs the lines, nothing else.
 *
 * Pipes and sockets are written without blocking. pino's own destination does not do that. The synchronous one blocks
 * the event loop; the asynchronous one blocks a thread of libuv's pool, which then keeps the process from exiting.
 */
import { fstatSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';

export interface LogOutput {
  /** @param line one whole line with its end. Never throws, never blocks on a pipe, a socket or a terminal. */
  write(line: string): void;
  /** Lines dropped so far. */
  dropped(): number;
  /** Resolves once what is kept was taken, or after `withinMs`. Never rejects. */
  flush(withinMs: number): Promise<void>;
}

/** The part of a stream that is used here. */
export interface LineStream {
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(text: string): boolean;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
}

/** What waits for a stalled reader: some thousands of lines. */
const MAX_KEPT_BYTES = 1024 * 1024;

/**
 * @param onReadAgain called once the reader has caught up, with how many lines were dropped since the last call. May write.
 */
export function streamOutput(
  stream: LineStream,
  onReadAgain: (lines: number) => void,
  maxKeptBytes: number = MAX_KEPT_BYTES,
): LogOutput {
  let dropped = 0;
  let reported = 0;
  // A reader that is gone (EPIPE): what follows is dropped, and counted.
  stream.on('error', () => undefined);
  stream.on('drain', () => {
    const lines = dropped - reported;
    reported = dropped;
    if (lines > 0) onReadAgain(lines);
  });
  return {
    write(line) {
      // `writableLength` counts bytes of what was encoded already.
      if (stream.destroyed || stream.writableLength + line.length > maxKeptBytes) dropped += 1;
      else stream.write(line);
    },
    dropped: () => dropped,
    flush: (withinMs) =>
      new Promise((resolve) => {
        if (stream.destroyed || stream.writableLength === 0) {
          resolve();
          return;
        }
        const end = (): void => {
          clearTimeout(timer);
          stream.off('drain', end);
          stream.off('close', end);
          resolve();
        };
        const timer = setTimeout(end, withinMs);
        stream.on('drain', end);
        stream.on('close', end);
      }),
  };
}

/** A file takes each line before the call returns. A full disk costs the lines. */
export function fileOutput(fd: number): LogOutput {
  let dropped = 0;
  return {
    write(line) {
      try {
        writeFileSync(fd, line);
      } catch {
        dropped += 1;
      }
    },
    dropped: () => dropped,
    flush: () => Promise.resolve(),
  };
}

/** Standard output, written as what it is. */
export function standardOutput(onReadAgain: (lines: number) => void): LogOutput {
  const fd = 1;
  if (isatty(fd)) {
    // Node writes to a terminal synchronously, and a terminal can be held (Ctrl-S).
    const handle: unknown = Reflect.get(process.stdout, '_handle');
    (handle as { setBlocking?: (blocking: boolean) => void } | undefined)?.setBlocking?.(false);
    return streamOutput(process.stdout, onReadAgain);
  }
  try {
    const kind = fstatSync(fd);
    if (!kind.isFIFO() && !kind.isSocket()) return fileOutput(fd);
    return streamOutput(new Socket({ fd, readable: false, writable: true }), onReadAgain);
  } catch {
    // No standard output at all.
    return { write: () => undefined, dropped: () => 0, flush: () => Promise.resolve() };
  }
}
