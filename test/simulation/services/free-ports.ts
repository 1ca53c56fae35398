/**
 * Free loopback ports for services that must keep their port, also while they are down or not yet started. No process
 * that asks here is given a port of another one that lives.
 *
 * So ports come in blocks. A process holds a block by listening on the block's first port until it ends, however it
 * ends; the other ports of the block are its own to hand out.
 *
 * All blocks lie below the range that operating systems hand out for outgoing connections. A client that keeps
 * dialling a stopped service's ephemeral port can be given that very port as its own end, connects to itself, and
 * blocks the restart. A program that does not ask here may still take a port, so callers try again with new ports
 * when a service fails to bind at its first start.
 */
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * A node of a Redis cluster has its bus 10,000 above its port. So the blocks are less than 10,000 ports, and end 10,000
 * below 32768, where Linux's ephemeral range begins: a bus is in nobody's block.
 */
const FIRST_PORT = 12_500;
const BLOCK_PORTS = 25;
const BLOCKS = 400;
const MAX_TRIES = 4 * BLOCKS;

/** Of this process's last block, not handed out yet. */
const unused: number[] = [];
let asked: Promise<unknown> = Promise.resolve();

/** Ports that were free on 127.0.0.1 just now and that this process has not been given before. */
export function findFreePorts(count: number): Promise<number[]> {
  // One after the other: two that ask at once would both lease a block.
  const found = asked.then(() => takePorts(count));
  asked = found.catch(() => undefined);
  return found;
}

async function takePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = unused.shift();
    if (port === undefined) unused.push(...(await leaseBlock()));
    else if (await canListen(port)) ports.push(port);
  }
  return ports;
}

/** @returns the ports of a block that no other process holds. */
async function leaseBlock(): Promise<number[]> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const first = FIRST_PORT + BLOCK_PORTS * randomInt(BLOCKS);
    const lease = await listenOn(first);
    if (lease === undefined) continue;
    lease.unref();
    return Array.from({ length: BLOCK_PORTS - 1 }, (_, at) => first + 1 + at);
  }
  throw new Error(
    `no free ports between ${String(FIRST_PORT)} and ${String(FIRST_PORT + BLOCK_PORTS * BLOCKS)}`,
  );
}

async function canListen(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** Undefined where the port is taken. */
function listenOn(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      resolve(server);
    });
  });
}
