/** The bad network: what it is told to do to bytes and connections, it does, and nothing else. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openProxy, type Proxy } from '../../simulation/chaos/proxy.ts';
import { findFreePorts } from '../../simulation/services/free-ports.ts';
import { eventually } from '../../support/pods/scenario.ts';

let proxy: Proxy;
let upstream: Server;
let received = '';
const sockets: Socket[] = [];

beforeEach(async () => {
  const [port = 0, behind = 0] = await findFreePorts(2);
  received = '';
  upstream = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(chunk.toString().toUpperCase());
    });
  }).listen(behind, '127.0.0.1');
  await once(upstream, 'listening');
  proxy = await openProxy(port, behind);
});
afterEach(async () => {
  await proxy.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  upstream.close();
});

async function dial(
  port = proxy.port,
): Promise<{ socket: Socket; heard: () => string; failed: () => boolean }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let heard = '';
  let failed = false;
  socket.on('data', (chunk) => (heard += chunk.toString()));
  socket.on('error', () => (failed = true));
  await once(socket, 'connect');
  return { socket, heard: () => heard, failed: () => failed };
}

it('passes bytes on both ways, and ends', async () => {
  const client = await dial();
  client.socket.write('abc');
  await eventually(() => expect(client.heard()).toBe('ABC'));
  client.socket.end();
  await once(client.socket, 'close');
});

it('refuses and resets while it is cut', async () => {
  const client = await dial();
  await proxy.set({ kind: 'cut' });
  await eventually(() => expect(client.failed()).toBe(true));
  await expect(dial()).rejects.toThrow('ECONNREFUSED');
  await proxy.set({ kind: 'open' });
  const again = await dial();
  again.socket.write('x');
  await eventually(() => expect(again.heard()).toBe('X'));
});

it('keeps what falls into a hole, and delivers it late and in order', async () => {
  const client = await dial();
  await proxy.set({ kind: 'hole', deliver: true });
  client.socket.write('one ');
  const late = await dial();
  late.socket.write('two ');
  client.socket.write('three');
  // Straight to the upstream, after it: by then what had slipped through the hole would be there.
  const direct = await dial((upstream.address() as AddressInfo).port);
  direct.socket.write('direct');
  await eventually(() => expect(direct.heard()).toBe('DIRECT'));
  expect(received).toBe('direct');
  await proxy.set({ kind: 'open' });
  await eventually(() => expect(client.heard()).toBe('ONE THREE'));
  await eventually(() => expect(late.heard()).toBe('TWO '));
});

it('loses what fell into a hole that does not deliver', async () => {
  const client = await dial();
  await proxy.set({ kind: 'hole', deliver: false });
  client.socket.write('lost');
  await eventually(() => expect(client.socket.writableLength).toBe(0));
  await proxy.set({ kind: 'open' });
  await eventually(() => expect(client.failed()).toBe(true));
  expect(received).toBe('');
});

it('delivers late what a closed sender had written, and takes back what a reset one had', async () => {
  const closed = await dial();
  const reset = await dial();
  const waiting = await dial();
  await proxy.set({ kind: 'late' });
  closed.socket.end('closed ');
  reset.socket.write('reset ');
  waiting.socket.write('waiting ');
  for (const { socket } of [closed, reset, waiting])
    await eventually(() => expect(socket.writableLength).toBe(0));
  reset.socket.resetAndDestroy();
  // Straight to the upstream, after them: by then what had slipped through would be there.
  const direct = await dial((upstream.address() as AddressInfo).port);
  direct.socket.write('direct ');
  await eventually(() => expect(direct.heard()).toBe('DIRECT '));
  expect(received).toBe('direct ');
  await proxy.set({ kind: 'open' });
  await eventually(() => expect(waiting.heard()).toBe('WAITING '));
  await eventually(() => expect(received).toContain('closed '));
  expect(received).not.toContain('reset');
});

it('takes its time while it is slow', async () => {
  await proxy.set({ kind: 'slow', latencyMs: 80, bytesPerSecond: 10_000 });
  const client = await dial();
  const startedAt = performance.now();
  client.socket.write('a'.repeat(1000));
  await eventually(() => expect(client.heard()).toHaveLength(1000));
  // Both ways: 80 ms and 100 ms for a thousand bytes each; a timer may be a ms early.
  expect(performance.now() - startedAt).toBeGreaterThan(350);
});
