/** In front of an S3: each request is looked at before it goes there, and may be held or answered here. */
import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface S3Front {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param target URL of the S3 behind it. @param look calls `pass`, at once or later, where the request may go on. */
export async function startS3Front(
  target: string,
  look: (incoming: IncomingMessage, outgoing: ServerResponse, pass: () => void) => void,
): Promise<S3Front> {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    look(incoming, outgoing, () => {
      const { method, url: path, headers } = incoming;
      const passed = ask({ ...{ hostname, port, method, path, headers } }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * Whoever reads `path` first is held until so many read it at once: each of them then sees the same. Writes go one after
 * the other: S3Mock looks at a condition and writes in two steps, so that now and then it lets several through.
 */
export async function startMeeting(target: string, path: string, readers: number): Promise<S3Front> {
  const waiting = new Set<() => void>();
  let isOver = false;
  let written = Promise.resolve<unknown>(undefined);
  return startS3Front(target, (incoming, outgoing, pass) => {
    if (incoming.method === 'PUT') {
      void written.then(pass);
      written = new Promise((resolve) => outgoing.once('close', resolve));
      return;
    }
    const isReader = incoming.method === 'GET' && new URL(incoming.url ?? '/', target).pathname === path;
    if (!isReader || isOver) {
      pass();
      return;
    }
    waiting.add(pass);
    // Who gave up comes again.
    outgoing.once('close', () => waiting.delete(pass));
    if (waiting.size < readers) return;
    isOver = true;
    for (const goOn of waiting) goOn();
  });
}
