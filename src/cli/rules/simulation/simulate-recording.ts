/**
 * A recording replayed by other rules, on all cores: each worker has users of its own. A million events take some tens of
 * seconds. Memory goes by the users who have pushes, not by the file's length.
 */
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { readDecision } from '../../../domain/read-decision.ts';
import { createComparison, type Comparison } from '../../../replay/comparison.ts';
import { mergeInto } from '../../../replay/merge.ts';
import type { BadLine, WorkerMessage, WorkerResult, WorkerTask } from './messages.ts';
import { readOwnLines } from './own-lines.ts';
import { replayShare } from './replay-share.ts';

export interface SimulationOptions {
  readonly recordingFile: string;
  /** The document's text, which is valid. */
  readonly rules: string;
  /** Compared with in place of what pods did. */
  readonly against?: string | undefined;
  /** Others that pods decided by, where they are known: what their caps saw is learned from. */
  readonly live?: readonly string[];
  /** True: nobody had a push before the recording began. */
  readonly nothingBefore?: boolean;
  /** Event ids behind each number; 5 by default. */
  readonly maxIds?: number;
  /** As many as there are cores by default; 1: no thread of its own. */
  readonly workers?: number;
  /** Hears the share of the recording that has been read, 0 … 1. */
  readonly onProgress?: (share: number) => void;
}

export interface Simulation {
  readonly comparison: Comparison;
  readonly deliveries: number;
  readonly badLines: readonly BadLine[];
  readonly unreadable: number;
}

/** A file that is smaller than this is replayed at once: a thread's start would take longer. */
export const SMALL_BYTES = 4 * 1024 * 1024;

/** @throws Error for a person, where the recording can't be read or has no record. */
export async function simulateRecording(options: SimulationOptions): Promise<Simulation> {
  const { recordingFile, rules, against, live = [], nothingBefore = false, maxIds = 5, onProgress } = options;
  const { size } = await stat(recordingFile);
  const beganMs = await firstMoment(recordingFile);
  const workers = options.workers ?? (size < SMALL_BYTES ? 1 : availableParallelism());
  const task = { file: recordingFile, rules, against, live, beganMs, nothingBefore, maxIds, workers };
  const bytes = new Array<number>(workers).fill(0);
  const note = (worker: number, read: number): void => {
    bytes[worker] = read;
    onProgress?.(bytes.reduce((sum, one) => sum + one, 0) / workers / size);
  };
  const results =
    workers === 1
      ? [await replayShare({ ...task, worker: 0 }, (read) => note(0, read))]
      : await Promise.all(
          bytes.map((_, worker) => runWorker({ ...task, worker }, (read) => note(worker, read))),
        );

  const comparison = createComparison();
  for (const result of results) mergeInto(comparison, result.comparison, maxIds);
  return {
    comparison,
    deliveries: results.reduce((sum, one) => sum + one.deliveries, 0),
    unreadable: results.reduce((sum, one) => sum + one.unreadable, 0),
    badLines: results
      .flatMap((one) => one.badLines)
      .toSorted((a, b) => a.number - b.number)
      .slice(0, 5),
  };
}

/** Under Node's type stripping this file is TypeScript, and so is its neighbour; the built program has both compiled. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}

function runWorker(task: WorkerTask, noteBytes: (bytes: number) => void): Promise<WorkerResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile(), { workerData: task });
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') noteBytes(message.bytes);
      else resolve(message);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a worker ended with exit code ${String(code)}`)));
  });
}

/** The moment of the first record: pushes that are not recorded were made before. */
async function firstMoment(file: string): Promise<number> {
  for await (const lines of readOwnLines(file, { worker: 0, workers: 1 })) {
    for (const { text } of lines) {
      const decision = readDecision(text);
      if (decision.ok) return Date.parse(decision.record.at);
    }
  }
  throw new Error(`${file}: no line of it is a record of a decision`);
}
