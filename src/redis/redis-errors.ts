/**
 * Where every room asks Redis: the one place that knows what a failure of a command means. Away or refusing is an
 * `UnavailableError` and waited out; a defect of ours (a script's bug, a key of another kind) stays what it is.
 */
import { within } from '../runtime/deadline.ts';
import { UnavailableError } from '../runtime/errors.ts';
import { asRedisFailure } from './redis-failure.ts';

export interface AskOptions {
  /** Ms until no answer counts as away; what comes later is ignored. Default: the connection's own limit. */
  readonly limitMs?: number;
  /** The connection waits for Redis by itself: asked also while it does not stand. Default false. */
  readonly waits?: boolean;
}

/**
 * Runs commands on a connection that stands. A cluster's client would otherwise wait for its nodes without end.
 *
 * @throws UnavailableError where Redis is away or refuses; a defect of ours as it is.
 */
export async function onRedis<T>(
  client: { readonly status: string; readonly isCluster: boolean },
  task: () => Promise<T>,
  { limitMs, waits = false }: AskOptions = {},
): Promise<T> {
  if (!waits && client.status !== 'ready') {
    throw new UnavailableError('redis', `the connection is ${client.status}`);
  }
  try {
    return await (limitMs === undefined ? task() : within(task(), { limitMs, late: noAnswer }));
  } catch (error) {
    throw asRedisFailure(error, client.isCluster);
  }
}

/** @throws UnavailableError */
export function noAnswer(): never {
  throw new UnavailableError('redis', 'no answer in time');
}
