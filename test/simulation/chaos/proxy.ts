/**
 * A TCP proxy that can be told to be a bad network: slow, cut, or a hole in which bytes vanish from sight. What it
 * has taken it delivers in order; a connection that ends on one side ends on the other once that is delivered.
 *
 * A hole keeps connections and what is sent over them, and new ones are taken too: nobody notices but by waiting.
 * When it closes, everything is delivered late, or with `deliver: false` everything in it is lost with its
 * connections.
 *
 * `late` is a link that drops packets, as the sender's kernel sees it: it goes on sending what was written, also for a
 * program that has closed its socket since. Only a reset takes back what was not received.
 */
import { createServer, connect, type Server, type Socket } from 'node:net';

export type NetworkCondition =
  | { readonly kind: 'open' }
  | { readonly kind: 'slow'; readonly latencyMs: number; readonly bytesPerSecond: number }
  /** Connections are reset and new ones refused. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'hole'; readonly deliver: boolean }
  /** What the client sends stays on its way until the end; a connection that is reset meanwhile takes it back. */
  | { readonly kind: 'late' };

export interface Proxy {
  readonly port: number;
  /** Resolves when it is in force, for connections that are open, too. */
  set(condition: NetworkCondition): Promise<void>;
  close(): Promise<void>;
}

/** Of one direction of one connection; beyond it the sender is held back. */
const MOST_WAITING_BYTES = 1024 * 1024;

interface Direction {
  /** Goes on after a hole. */
  flow(): void;
}

/** Carries bytes from one socket to the other as the condition of each moment wants it. */
const carry = (
  from: Socket,
  to: Socket,
  isStopped: () => boolean,
  condition: () => NetworkCondition,
): Direction => {
  const waiting: { readonly chunk: Buffer | undefined; readonly dueAt: number }[] = [];
  let bytes = 0;
  let lastDueAt = 0;
  let timer: NodeJS.Timeout | undefined;

  const flow = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isStopped()) return;
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const waitMs = first.dueAt - performance.now();
      if (waitMs > 0.5) {
        timer = setTimeout(flow, waitMs);
        return;
      }
      waiting.shift();
      if (first.chunk === undefined) to.end();
      else {
        bytes -= first.chunk.length;
        to.write(first.chunk);
      }
    }
    if (bytes < MOST_WAITING_BYTES && to.writableLength < MOST_WAITING_BYTES) from.resume();
  };
  const take = (chunk: Buffer | undefined): void => {
    const now = condition();
    const size = chunk?.length ?? 0;
    const slow = now.kind === 'slow' ? now : undefined;
    const transferMs = slow === undefined ? 0 : (size / slow.bytesPerSecond) * 1000;
    // Never before what was sent earlier, also where the network has become faster since.
    lastDueAt = Math.max(performance.now() + (slow?.latencyMs ?? 0), lastDueAt) + transferMs;
    waiting.push({ chunk, dueAt: lastDueAt });
    bytes += size;
    if (bytes >= MOST_WAITING_BYTES) from.pause();
    if (timer === undefined) flow();
    if (to.writableLength >= MOST_WAITING_BYTES) from.pause();
  };
  from.on('data', take);
  from.once('end', () => {
    take(undefined);
  });
  to.on('drain', flow);
  to.once('close', () => {
    clearTimeout(timer);
    waiting.length = 0;
  });
  return { flow };
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Opens a proxy on `port` of this machine, to another port of it, which need not be open yet. */
export const openProxy = async (port: number, upstreamPort: number): Promise<Proxy> => {
  let condition: NetworkCondition = { kind: 'open' };
  const directions = new Set<Direction>();
  const drops = new Set<() => void>();

  const join = (client: Socket): void => {
    const upstream = connect({ port: upstreamPort, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [client, upstream];
    const isHole = (): boolean => condition.kind === 'hole';
    const isHeld = (): boolean => isHole() || condition.kind === 'late';
    const both = [
      carry(client, upstream, isHeld, () => condition),
      carry(upstream, client, isHole, () => condition),
    ];
    for (const direction of both) directions.add(direction);
    const drop = (): void => {
      drops.delete(drop);
      for (const direction of both) directions.delete(direction);
      for (const socket of pair) if (!socket.destroyed) socket.resetAndDestroy();
    };
    drops.add(drop);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', drop);
      socket.once('close', (hadError) => {
        if (hadError || pair.every(({ destroyed }) => destroyed)) drop();
      });
    }
  };
  const server = createServer({ allowHalfOpen: true }, join);
  const dropAll = (): void => {
    for (const drop of [...drops]) drop();
  };
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      dropAll();
    });
  await listen(server, port);

  return {
    port,
    async set(next) {
      const before = condition;
      condition = next;
      if (before.kind === 'hole' && !before.deliver) dropAll();
      if (next.kind === 'cut' && server.listening) await shut();
      if (next.kind !== 'cut' && !server.listening) await listen(server, port);
      for (const direction of directions) direction.flow();
    },
    async close() {
      if (server.listening) await shut();
    },
  };
};
