/**
 * A connection that fails ends everything that waits for it, and its successor begins afresh. kafkajs 2.2.4 does
 * otherwise:
 *   - After a request without an answer in time the connection stays in use; TCP keeps it for a quarter of an hour.
 *   - The rest of half an answer counts as the beginning of the next connection’s first answer.
 *   - A login has no time limit, and waits for ever where its connection breaks with an error.
 *   - A connection that took too long goes on being made, and counts as its successor once it is there.
 *   - A request made while a connection is being made makes another one, and the first is never closed.
 */
import type { Connection, ConnectionPool } from './kafkajs-inside.ts';

const FETCH_API = 1;
/** The length of an answer, which comes first. */
const LENGTH_BYTES = 4;

/** @param loginTimeoutMs a login has failed after this long without an answer. */
export function keepSound(pool: ConnectionPool, loginTimeoutMs: number): void {
  for (const connection of pool.pool) keepConnectionSound(connection, loginTimeoutMs);
  const send = pool.send.bind(pool);
  pool.send = async (protocol) => {
    try {
      return await send(protocol);
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') {
        // kafkajs’s second connection carries the fetches.
        await destroy(pool.pool[protocol.request.apiKey === FETCH_API ? 1 : 0]?.socket, error);
      }
      throw error;
    }
  };
}

/** Resolves once kafkajs knows: later requests take a new connection. */
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
