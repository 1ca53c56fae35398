/**
 * The push queue's board, read-only: job data are ids only, and nothing can be retried or removed from it. It is built
 * at the first visit, because the ops endpoints are up before Redis has to be. Its library is loaded only then: it
 * takes 16 MB that most pods never need.
 */
import type { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import fastify, { type FastifyInstance } from 'fastify';
import { maskAnswers } from './server-guard.ts';

type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];
/** Rejects while Redis is away. */
export type OpenQueue = () => Promise<BoardQueue>;

const PATH = '/queue';
/** Its own scripts and files alone: the typeface that it would ask of another host stays away. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; " +
  "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

type Mask = (text: string) => string;

/** @param mask of every text that the board answers: why a job failed is what a service said. */
export function mountQueueBoard(app: FastifyInstance, open: OpenQueue, mask: Mask): void {
  let board: Promise<FastifyInstance> | undefined;
  const visit = async (): Promise<FastifyInstance> => {
    board ??= buildBoard(open, mask);
    try {
      return await board;
    } catch (error) {
      board = undefined;
      throw error;
    }
  };
  app.route({
    method: ['GET', 'HEAD'],
    url: `${PATH}*`,
    handler: async (request, reply) => {
      let built: FastifyInstance;
      try {
        built = await visit();
      } catch {
        return reply.code(503).send({ error: 'the queue is not reachable' });
      }
      reply.hijack();
      reply.raw.setHeader('content-security-policy', POLICY);
      built.routing(request.raw, reply.raw);
      return reply;
    },
  });
  app.addHook('onClose', async () => {
    await (await board?.catch(() => undefined))?.close();
  });
}

async function buildBoard(open: OpenQueue, mask: Mask): Promise<FastifyInstance> {
  const queue = await open();
  const { createBullBoard } = await import('@bull-board/api');
  const { BullMQAdapter } = await import('@bull-board/api/bullMQAdapter');
  const { FastifyAdapter } = await import('@bull-board/fastify');
  const adapter = new FastifyAdapter();
  adapter.setBasePath(PATH);
  createBullBoard({
    queues: [new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false })],
    serverAdapter: adapter,
  });
  const board = fastify();
  maskAnswers(board, mask);
  await board.register(adapter.registerPlugin(), { prefix: PATH });
  await board.ready();
  return board;
}
