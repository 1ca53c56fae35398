/**
 * A broker whose connection ends in the moment in which it is to be asked is a failure that passes, and what is
 * asked of the cluster then is asked again. kafkajs 2.2.4 throws a plain `Error('Broker not connected')` of it, which
 * reads as final where a consumer starts over after a crash: it would end there, and the pod with it.
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

/** Makes what this cluster is asked for reject with a retriable error where the broker broke off. */
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
