/** The queue's failures are Redis's: nothing that is put into it can be wrong but by a programming error. */
import { UnavailableError } from '../domain/errors.ts';

export function asUnavailable(error: unknown): unknown {
  if (error instanceof UnavailableError) return error;
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error;
  return new UnavailableError('redis', error);
}

/**
 * A task's answer, if it comes within `limitMs`; what comes later is ignored.
 *
 * @throws UnavailableError where it does not, or where Redis is away.
 */
export async function withinOrUnavailable<T>(limitMs: number, task: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new UnavailableError('redis', 'no answer in time')), limitMs);
  try {
    return await Promise.race([task(), promise]);
  } catch (error) {
    throw asUnavailable(error);
  } finally {
    clearTimeout(timer);
  }
}
