/** Connections of kafkajs itself, to servers that are no good. */
import { createRequire } from 'node:module';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { ConnectionPool } from '../../../../src/kafka/client/kafkajs-inside.ts';
import { keepSound } from '../../../../src/kafka/client/sound-connections.ts';

const require = createRequire(import.meta.url);
const Pool = require('kafkajs/src/network/connectionPool.js') as new (options: object) => ConnectionPool;
const { createLogger, LEVELS } = require('kafkajs/src/loggers/index.js') as {
  createLogger: (options: object) => unknown;
  LEVELS: { NOTHING: number };
};
const Encoder = require('kafkajs/src/protocol/encoder.js') as new () => unknown;
const socketFactory = require('kafkajs/src/network/socketFactory.js') as () => unknown;

const logger = createLogger({ level: LEVELS.NOTHING, logCreator: () => () => undefined });
const open: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  open.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function poolTo(port: number, more: object = {}): ConnectionPool {
  const pool = new Pool({
    ...{ host: '127.0.0.1', port, logger, clientId: 't', socketFactory: socketFactory() },
    ...{ requestTimeout: 300, connectionTimeout: 300, enforceRequestTimeout: true, ...more },
  });
  keepSound(pool, 300);
  return pool;
}

/** A request whose answer is its bytes. */
const request = {
  request: {
    ...{ apiKey: 18, apiName: 'ApiVersions', apiVersion: 0 },
    encode: () => Promise.resolve(new Encoder()),
  },
  response: {
    decode: (bytes: Buffer) => Promise.resolve(String(bytes)),
    parse: (data: unknown) => Promise.resolve(data),
  },
} as unknown as Parameters<ConnectionPool['send']>[0];

/** Answers each request with the text, in Kafka's frame. */
const answer = (text: string) => (socket: Socket) =>
  socket.on('data', (data) => {
    for (let at = 0; at < data.length; at += 4 + data.readInt32BE(at)) {
      const body = Buffer.concat([data.subarray(at + 8, at + 12), Buffer.from(text)]);
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length);
      socket.write(Buffer.concat([length, body]));
    }
  });

it('a connection on which nothing is answered is given up, and the next one answers', async () => {
  let connections = 0;
  const port = await listen((socket) => {
    connections += 1;
    if (connections > 1) answer('well')(socket);
  });
  const pool = poolTo(port);
  await expect(pool.send(request)).rejects.toThrow('timed out');
  expect(await pool.send(request)).toBe('well');
  expect(connections).toBe(2);
});

it('half an answer is not taken for the beginning of what the next connection brings', async () => {
  let connections = 0;
  const port = await listen((socket) => {
    connections += 1;
    if (connections > 1) answer('well')(socket);
    else socket.once('data', () => socket.write(Buffer.from([0, 0, 0, 100, 1, 2]), () => socket.destroy()));
  });
  const pool = poolTo(port);
  await expect(pool.send(request)).rejects.toThrow('Closed connection');
  expect(await pool.send(request)).toBe('well');
});

it('requests that come while a connection is being made share it', async () => {
  let connections = 0;
  const port = await listen((socket) => {
    connections += 1;
    answer('well')(socket);
  });
  const pool = poolTo(port);
  expect(await Promise.all([pool.send(request), pool.send(request), pool.send(request)])).toHaveLength(3);
  expect(connections).toBe(1);
});

/** What a broker says to a handshake: no error, and that it knows PLAIN. */
const HANDSHAKE = '\0\0\0\0\0\x01\0\x05PLAIN';

it.each([
  ['without an answer', () => undefined],
  ['that breaks off', (socket: Socket) => socket.resetAndDestroy()],
])('a login %s ends', async (_how, onLogin) => {
  let requests = 0;
  const port = await listen((socket) => {
    answer(HANDSHAKE)(socket);
    socket.once('data', () => {
      requests += 1;
      socket.removeAllListeners('data');
      socket.on('data', () => onLogin(socket));
    });
  });
  const pool = poolTo(port, { sasl: { mechanism: 'plain', username: 'u', password: 'p' } });
  const [connection] = pool.pool;
  await connection!.connect();
  Reflect.set(connection!, 'versions', { 17: { minVersion: 0, maxVersion: 1 } });
  await expect(connection!.authenticate()).rejects.toThrow();
  expect(requests).toBe(1);
  await expect.poll(() => connection!.isConnected()).toBe(false);
});
