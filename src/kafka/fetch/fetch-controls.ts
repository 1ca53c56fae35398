/** Pauses, resumes and seeks single partitions at the client. A client without a group now has nothing to do. */
import type { Consumer } from 'kafkajs';
import type { Logger } from '../../runtime/logger.ts';
import { messageOf } from '../client/client.ts';

export interface FetchControls {
  readonly pause: (partition: number) => void;
  readonly resume: (partition: number) => void;
  /** Makes the client fetch from there next. */
  readonly seek: (partition: number, offset: number) => void;
}

export function createFetchControls(topic: string, consumer: Consumer, logger: Logger): FetchControls {
  const tell = (action: (to: Consumer) => void): void => {
    try {
      action(consumer);
    } catch (error) {
      // Between a crash and its restart kafkajs has no group: nothing to pause or to seek.
      logger.debug({ error: messageOf(error) }, 'kafkajs is not running');
    }
  };
  return {
    pause: (partition) => {
      tell((to) => to.pause([{ topic, partitions: [partition] }]));
    },
    resume: (partition) => {
      tell((to) => to.resume([{ topic, partitions: [partition] }]));
    },
    seek: (partition, offset) => {
      tell((to) => to.seek({ topic, partition, offset: String(offset) }));
    },
  };
}
