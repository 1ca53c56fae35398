import { randomUUID } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePorts } from '../../simulation/services/free-ports.ts';
import { type Bench, openBench, startPod, until } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

test('a broker whose address is IPv6, in brackets, is reached', async ({ skip }) => {
  const [port] = await findFreePorts(1);
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const [host = '', to] = bench.brokers[0]?.split(':') ?? [];
    const target = connect(Number(to), host);
    socket.pipe(target).pipe(socket);
    for (const one of [socket, target]) one.on('error', () => undefined);
  });
  const isOpen = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '::1', () => resolve(true));
  });
  skip(!isOpen, 'this machine has no IPv6 loopback');
  const { topic, ledger } = await bench.load({ partitions: 2, events: 20 });
  const pod = startPod([`[::1]:${String(port)}`], { topic, groupId: randomUUID(), ledger });
  await until('all is done', () => ledger.done.size === 20);
  expect(connections).toBeGreaterThan(0);
  await pod.consumer.stop();
  await new Promise((resolve) => server.close(resolve));
});
