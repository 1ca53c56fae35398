/** The push queue's board, read-only: job data are ids only, and nothing can be retried or removed from it. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance } from 'fastify';

export type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

export async function mountQueueBoard(app: FastifyInstance, queue: BoardQueue): Promise<void> {
  const adapter = new FastifyAdapter();
  adapter.setBasePath('/queue');
  createBullBoard({
    queues: [new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false })],
    serverAdapter: adapter,
  });
  await app.register(adapter.registerPlugin(), { prefix: '/queue' });
}
