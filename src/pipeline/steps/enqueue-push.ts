/** The claimed push goes into the queue. May be repeated at will: the queue holds one job an event. */
import type { EndedEnvelope } from '../../domain/push.ts';
import { passFailpoint } from '../../runtime/failpoints.ts';
import type { PushQueue } from '../ports.ts';
import { done, queuedAs, type Done, type EventContext } from './step.ts';

interface QueuePorts {
  readonly queue: PushQueue;
}

/** The last step: it always decides. */
export function createEnqueuePush({ queue }: QueuePorts) {
  return async ({ event, ownership }: EventContext, envelope: EndedEnvelope): Promise<Done> => {
    ownership.assertOwned();
    await queue.enqueue(event);
    passFailpoint('enqueue.done', event);
    return done(queuedAs(envelope));
  };
}
