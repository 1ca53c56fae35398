/**
 * Which of Redis's failures mean "away, nothing is decided": the connection's, a timeout's, and the replies of a
 * server that can't serve now (full, loading, a replica, a cluster that moves). Any other reply is a fault of ours
 * and stays what it is.
 */
import { UnavailableError } from '../domain/errors.ts';

const CANNOT_SERVE =
  /^(?:OOM|LOADING|READONLY|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|BUSY|MISCONF|NOREPLICAS|MOVED|ASK|UNBLOCKED|NOAUTH|WRONGPASS|NOPERM|NOSCRIPT|ERR max number of clients)\b|OOM command not allowed|READONLY You can't write|MISCONF Redis is configured|NOREPLICAS Not enough/;

/** @returns an `UnavailableError('redis')`, or the error itself where it is no outage. */
export function asRedisFailure(error: unknown): unknown {
  if (error instanceof UnavailableError) return error;
  if (!(error instanceof Error)) return new UnavailableError('redis', error);
  if (error.name === 'ReplyError') {
    return CANNOT_SERVE.test(error.message) ? new UnavailableError('redis', error) : error;
  }
  // Programming errors are raised before anything is sent.
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error;
  return new UnavailableError('redis', error);
}

/**
 * Runs commands on a connection that stands. A cluster's client would otherwise wait for its nodes without end.
 *
 * @throws UnavailableError where Redis is away; other errors as they are.
 */
export async function onRedis<T>(client: { readonly status: string }, task: () => Promise<T>): Promise<T> {
  if (client.status !== 'ready') throw new UnavailableError('redis', `the connection is ${client.status}`);
  try {
    return await task();
  } catch (error) {
    throw asRedisFailure(error);
  }
}
