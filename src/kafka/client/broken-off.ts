/**
 * Marks a broken-off connection as retriable. kafkajs 2.2.4 throws a plain, non-retriable `Error('Broker not
 * connected')` when a connection closes just before a request. After a crash that ends the consumer for good, and the
 * pod with it.
 */
import type { Cluster } from 'kafkajs';

const ASKING = [
  'connect',
  'refreshMetadata',
  'refreshMetadataIfNecessary',
  'addMultipleTargetTopics',
] as const;
const BROKEN_OFF = 'Broker not connected';

export const isBrokenOff = (error: unknown): boolean =>
  error instanceof Error && error.message === BROKEN_OFF;

type Ask = (...args: unknown[]) => Promise<unknown>;

/** Makes questions to this cluster reject with a retriable error where the broker broke off. */
export function retryBrokenOff(cluster: Cluster): void {
  for (const name of ASKING) {
    const ask = (Reflect.get(cluster, name) as Ask).bind(cluster);
    const asking: Ask = async (...args) => {
      try {
        return await ask(...args);
      } catch (error) {
        throw error instanceof Error && isBrokenOff(error)
          ? Object.assign(error, { retriable: true })
          : error;
      }
    };
    Reflect.set(cluster, name, asking);
  }
}
