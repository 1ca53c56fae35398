/**
 * Preloaded into a pod by `--import`: does to it, at a failpoint, what a test has asked for, and lets it run with
 * texts of its source replaced. What is asked for lies in files of one directory, so a test may ask at any time and
 * sees that it was done: `POD.FAILPOINT.armed` becomes `.reached` right before the pod is killed or frozen there,
 * `POD.reply.armed` right before a connection is cut whose reply is then lost.
 *
 * Freezing is SIGSTOP: nothing of the pod runs on, neither timers nor heartbeats, until the test sends SIGCONT.
 */
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Armed, ArmedReply } from './hazard-orders.ts';
import { isCommitReply, readCommitRequest } from '../kafka/kafka-frames.ts';
import { plant, type SourceEdit } from '../../tools/planted-fault.ts';

const directory = process.env['HAZARD_DIRECTORY'] ?? '';
const podFile = (name: string) => join(directory, `${process.env['POD_NAME'] ?? ''}.${name}`);

/** @returns undefined where nothing is asked for. */
function readOrder(name: string): unknown {
  const path = podFile(`${name}.armed`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as unknown) : undefined;
}

function tellReached(name: string): void {
  renameSync(podFile(`${name}.armed`), podFile(`${name}.reached`));
}

// ── Source ───────────────────────────────────────────────────────────────────────────────────────────────

const edits = JSON.parse(readFileSync(podFile('edits'), 'utf8')) as readonly SourceEdit[];
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const mine = edits.filter(({ file }) => url.endsWith(`/src/${file}`));
    if (mine.length === 0 || loaded.source === undefined) return loaded;
    return { ...loaded, source: mine.reduce(plant, sourceText(loaded.source)) };
  },
});

function sourceText(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}

// ── Failpoints ───────────────────────────────────────────────────────────────────────────────────────────

// Late, so that an edit of the failpoints' own file would work too.
const { FAILPOINTS, failpointChannel } = await import('../../../src/runtime/failpoints.ts');
for (const name of FAILPOINTS) {
  subscribe(failpointChannel(name), (message) => {
    const order = readOrder(name) as Armed | undefined;
    if (order === undefined) return;
    const ref = message as { readonly eventId: string } | undefined;
    if (order.eventId !== undefined && ref !== undefined && ref.eventId !== order.eventId) return;
    tellReached(name);
    process.kill(process.pid, order.signal);
  });
}

// ── Lost replies ─────────────────────────────────────────────────────────────────────────────────────────

subscribe('net.client.socket', (message) => {
  const { socket } = message as { readonly socket: Socket };
  let commit: number | undefined;
  // To connect sets a socket's own write back.
  queueMicrotask(() => {
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      commit = readCommitRequest(args[0]) ?? commit;
      return write(...args);
    };
  });
  const push = socket.push.bind(socket);
  socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (!Buffer.isBuffer(chunk) || !isRevoked(chunk)) return push(chunk, encoding);
    tellReached('reply');
    socket.destroy(Object.assign(new Error('the reply was lost'), { code: 'ECONNRESET' }));
    return false;
  };

  function isRevoked(chunk: Buffer): boolean {
    const order = readOrder('reply') as ArmedReply | undefined;
    if (order === undefined) return false;
    if (order.to === 'commit') return commit !== undefined && isCommitReply(chunk, commit);
    return order.texts.every((text) => chunk.includes(text));
  }
});
