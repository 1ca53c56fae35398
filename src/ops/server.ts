/**
 * The ops endpoints. They answer from the first moment of a pod's life, also while it waits for a service, and
 * wait for one themselves a moment at most. A body of reasons comes with every 503.
 */
import fastify, { type FastifyError } from 'fastify';
import type { Logger } from '../runtime/logger.ts';
import type { Login } from './basic-auth.ts';
import type { Page } from './page/page.ts';
import { mountPage } from './page/page-routes.ts';
import { mountQueueBoard, type OpenQueue } from './queue-board.ts';
import { guardServer, maskAnswers, SERVER_BOUNDS } from './server-guard.ts';
import type { Status } from './status.ts';

/** Prometheus' text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface OpsOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Undefined: nothing wants a login. */
  readonly login?: Login | undefined;
  /** Of every text that is answered: takes secrets out. */
  readonly mask?: (text: string) => string;
  /** Why the pod isn't alive; empty while it is. */
  readonly notLive: () => readonly string[];
  /** Why the pod isn't ready; empty while it is. */
  readonly notReady: () => readonly string[];
  /** What a person should know of a pod that may well be ready; answers in a fraction of a second. */
  readonly notes: () => Promise<readonly string[]>;
  readonly status: () => Promise<Status>;
  /** In Prometheus' text format; answers in a fraction of a second, also while the pod stops. */
  readonly metrics: () => Promise<string>;
  /** What a person sees at `/`. */
  readonly page: Page;
  /** Opens the push queue, where its board is switched on. */
  readonly board: OpenQueue | undefined;
  readonly logger: Logger;
}

export interface OpsServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** @throws where the address can't be bound, naming it. */
export async function startOpsServer(options: OpsOptions): Promise<OpsServer> {
  const app = fastify({ ...SERVER_BOUNDS, forceCloseConnections: true });
  guardServer(app, options.login);
  const { mask = (text) => text } = options;
  maskAnswers(app, mask);
  const verdict = (word: string, reasons: readonly string[]): { code: number; body: object } =>
    reasons.length === 0
      ? { code: 200, body: { [word]: true } }
      : { code: 503, body: { [word]: false, reasons } };

  app.get('/live', async (_request, reply) => {
    const { code, body } = verdict('live', options.notLive());
    return reply.code(code).send(body);
  });
  app.get('/ready', async (_request, reply) => {
    const { code, body } = verdict('ready', options.notReady());
    const notes = await options.notes();
    return reply.code(code).send(notes.length === 0 ? body : { ...body, notes });
  });
  app.get('/status', async (_request, reply) => reply.send(await options.status()));
  app.get('/metrics', async (_request, reply) => reply.type(METRICS_TYPE).send(await options.metrics()));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode = 500 } = error;
    // What the asker did wrong is no line in the log: anybody could fill it.
    if (statusCode >= 400 && statusCode < 500) return reply.code(statusCode).send({ error: 'a bad request' });
    options.logger.error({ error, path: request.url }, 'an ops endpoint failed');
    return reply.code(500).send({ error: 'internal error, see the log' });
  });
  mountPage(app, options.page);
  if (options.board !== undefined) mountQueueBoard(app, options.board, mask);

  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    throw new Error(`HOST, PORT: can't listen on ${options.host}:${String(options.port)}`, { cause: error });
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    port,
    stop: async () => {
      options.page.stop();
      await app.close();
    },
  };
}
