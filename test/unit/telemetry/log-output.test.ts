/** A reader of stdout that stalls, goes or is full costs log lines, never the pod's time. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { fileOutput, streamOutput } from '../../../src/telemetry/log-output.ts';

const LINE = `${'x'.repeat(99)}\n`;

describe('a stream', () => {
  /** Takes nothing until `read` is called. */
  function stalled() {
    const stream = new PassThrough({ highWaterMark: 1 });
    const told: number[] = [];
    const output = streamOutput(stream, (lines) => void told.push(lines), 1000);
    return { stream, output, told, read: () => stream.resume() };
  }

  it('keeps lines up to its bound, drops whole lines beyond it and counts them', () => {
    const { stream, output } = stalled();
    for (let line = 0; line < 25; line += 1) output.write(LINE);
    expect(output.dropped()).toBe(15);
    expect(stream.writableLength).toBe(1000);
  });

  it('says how many were dropped once it is read again, and each of them once', async () => {
    const { stream, output, told, read } = stalled();
    for (let line = 0; line < 12; line += 1) output.write(LINE);
    read();
    await once(stream, 'drain');
    expect(told).toEqual([2]);
    output.write(LINE);
    await once(stream, 'drain');
    expect(told).toEqual([2]);
  });

  it('flushes what it keeps, and gives up a reader that does not come back', async () => {
    const { output, read } = stalled();
    output.write(LINE);
    await output.flush(1);
    const flushed = output.flush(60_000);
    read();
    await flushed;
    await output.flush(60_000);
  });

  it('counts what is written after its reader has gone', () => {
    const { stream, output } = stalled();
    stream.destroy(new Error('EPIPE'));
    output.write(LINE);
    expect(output.dropped()).toBe(1);
  });
});

it('a full disk costs the lines', () => {
  const output = fileOutput(openSync('/dev/full', 'w'));
  output.write(LINE);
  expect(output.dropped()).toBe(1);
});

describe('a process whose stdout is a pipe', () => {
  let child: ChildProcess;
  afterEach(() => void child.kill('SIGKILL'));

  /** Logs 10,000 lines of 1 KB a turn for as long as it is told to on stdin; says on stderr what it did. */
  const PROGRAM = `
    import { createLogger } from ${JSON.stringify(fileURLToPath(new URL('../../../src/telemetry/logger.ts', import.meta.url)))};
    const logger = createLogger({ level: 'info', pod: 'p', version: '1' });
    for await (const chunk of process.stdin) {
      if (chunk.toString().includes('end')) break;
      for (let line = 0; line < 10_000; line += 1) logger.info({ text: 'x'.repeat(1000) }, 'a line');
      console.error('alive, dropped ' + logger.linesDropped());
    }
    await logger.flush();
    process.exit(7);
  `;

  function start(): { said: () => Promise<string> } {
    child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const lines = createInterface({ input: child.stderr ?? process.stdin })[Symbol.asyncIterator]();
    return { said: async () => String((await lines.next()).value) };
  }

  it('goes on and exits with its code while nobody reads', async () => {
    const { said } = start();
    for (let turn = 0; turn < 3; turn += 1) {
      child.stdin?.write('go\n');
      expect(await said()).toMatch(/^alive, dropped [1-9]/);
    }
    child.stdin?.write('end\n');
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  it('says how many lines were dropped when it is read again', async () => {
    const { said } = start();
    child.stdin?.write('go\n');
    const dropped = Number(/\d+$/.exec(await said())?.[0]);
    const told = createInterface({ input: child.stdout ?? process.stdin });
    for await (const line of told) {
      const { msg, lines } = JSON.parse(line) as { msg: string; lines?: number };
      if (msg === 'a line') continue;
      expect(msg).toContain('log lines were dropped');
      expect(lines).toBe(dropped);
      return;
    }
    throw new Error('nothing was said');
  });
});
