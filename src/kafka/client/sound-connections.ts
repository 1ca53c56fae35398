/**
 * A connection that fails ends whatever waits for it, and its successor begins afresh. In kafkajs 2.2.4
 *
 *   - a request that had no answer in its time leaves its connection in use, which TCP keeps for a quarter of an hour;
 *   - what half an answer left behind is taken for the beginning of the next connection's first one;
 *   - a login has no time limit, and waits for ever where its connection breaks with an error;
 *   - a connection that took too long goes on being made, and counts as its successor once it is there;
 *   - whoever asks while a connection is being made makes another one, and the first is never closed.
 */
import type { Connection, ConnectionPool } from './kafkajs-inside.ts';

const FETCH_API = 1;
/** The length of an answer, which comes first. */
const LENGTH_BYTES = 4;

/** @param loginTimeoutMs a login without an answer for so long has failed. */
export function keepSound(pool: ConnectionPool, loginTimeoutMs: number): void {
  for (const connection of pool.pool) keepConnectionSound(connection, loginTimeoutMs);
  const send = pool.send.bind(pool);
  pool.send = async (protocol) => {
    try {
      return await send(protocol);
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') {
        // What kafkajs sends fetches over is its second connection.
        await destroy(pool.pool[protocol.request.apiKey === FETCH_API ? 1 : 0]?.socket, error);
      }
      throw error;
    }
  };
}

/** Resolves once kafkajs knows: what is asked from then on is asked over a new one. */
async function destroy(socket: Connection['socket'], reason: Error): Promise<void> {
  if (socket === undefined || socket.closed) return;
  const closed = new Promise<void>((resolve) => void socket.once('close', resolve));
  socket.destroy(reason);
  await closed;
}

function keepConnectionSound(connection: Connection, loginTimeoutMs: number): void {
  const connect = connection.connect.bind(connection);
  const authenticate = connection.authenticate.bind(connection);
  const rejectRequests = connection.rejectRequests.bind(connection);
  let connecting: Promise<unknown> | undefined;

  async function begin(): Promise<unknown> {
    connection.chunks = [];
    connection.bytesBuffered = 0;
    connection.bytesNeeded = LENGTH_BYTES;
    const connected = connect();
    const { socket } = connection;
    try {
      return await connected;
    } catch (error) {
      socket?.destroy();
      throw error;
    }
  }

  connection.connect = () => {
    if (connection.isConnected()) return Promise.resolve(true);
    return (connecting ??= begin().finally(() => {
      connecting = undefined;
    }));
  };
  connection.authenticate = async () => {
    const late = setTimeout(() => {
      connection.socket?.destroy(new Error(`no answer to the login within ${String(loginTimeoutMs)} ms`));
    }, loginTimeoutMs);
    try {
      await authenticate();
    } finally {
      clearTimeout(late);
    }
  };
  connection.rejectRequests = (error) => {
    connection.authHandlers?.onError();
    rejectRequests(error);
  };
}
