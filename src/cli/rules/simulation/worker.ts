/** A worker thread of a simulation. Started by `simulate-recording.ts`, with its task as its data. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerMessage, WorkerTask } from './messages.ts';
import { replayShare } from './replay-share.ts';

const PROGRESS_BYTES = 8 * 1024 * 1024;

if (parentPort !== null) {
  const tell = (message: WorkerMessage): void => parentPort?.postMessage(message);
  let told = 0;
  const result = await replayShare(workerData as WorkerTask, (bytes) => {
    if (bytes - told < PROGRESS_BYTES) return;
    told = bytes;
    tell({ kind: 'progress', bytes });
  });
  tell({ kind: 'result', ...result });
}
