/**
 * Free loopback ports for services that must keep their port over a restart.
 *
 * They are taken from below the range that operating systems hand out for outgoing connections: a client that
 * keeps dialling a stopped service's ephemeral port can be given that very port as its own end, connects to
 * itself, and blocks the restart. Another process may still take the port between the look and the use, so
 * callers try again with new ports when a service fails to bind.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below 32768, where Linux's ephemeral range begins; +10000 (a Redis cluster's bus) is still a valid port. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const MAX_TRIES = 500;

const handedOut = new Set<number>();

/** Ports that were free on 127.0.0.1 just now and that this process has not been given before. */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries >= MAX_TRIES)
      throw new Error(`no free port between ${String(FIRST_PORT)} and ${String(LAST_PORT)}`);
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await canListen(port)) ports.push(port);
    else handedOut.delete(port);
  }
  return ports;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
