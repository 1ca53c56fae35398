/** An OTLP endpoint on this machine: takes spans as protobuf over HTTP, and answers as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bytesOf, messagesOf, numberOf, readMessage, textOf, type Message } from './protobuf.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentId: string;
  readonly state: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer' | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  /** An error's word; undefined: no error. */
  readonly error: string | undefined;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  /** Base URL, without `/v1/traces`. */
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** Paths and headers of all requests, refused ones too. */
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Every byte of all bodies as Latin-1, to look for what must not be there. */
  text(): string;
  /** How requests are answered from now on: by a status, or not at all. */
  answer: number | 'never' | ((response: ServerResponse) => void);
  close(): Promise<void>;
}

const KINDS = [undefined, 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const ERROR = 2n;

export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  let text = '';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      text += body.toString('latin1');
      receiver.requests.push({ path: request.url ?? '', headers: request.headers });
      const { answer } = receiver;
      if (answer === 'never') return;
      if (typeof answer === 'function') {
        answer(response);
        return;
      }
      if (answer === 200) receiver.spans.push(...readSpans(body));
      response.writeHead(answer, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    spans: [],
    requests: [],
    text: () => text,
    answer: 200,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

function readSpans(body: Buffer): ReceivedSpan[] {
  return messagesOf(readMessage(body), 1).flatMap((ofResource) => {
    const resource = Object.assign(
      {},
      ...messagesOf(ofResource, 1).map((found) => pairsOf(found, 1)),
    ) as Record<string, unknown>;
    return messagesOf(ofResource, 2).flatMap((scope) =>
      messagesOf(scope, 2).map((span) => readSpan(span, resource)),
    );
  });
}

function readSpan(span: Message, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  const [status] = messagesOf(span, 15);
  return {
    traceId: bytesOf(span, 1).toString('hex'),
    spanId: bytesOf(span, 2).toString('hex'),
    parentId: bytesOf(span, 4).toString('hex'),
    state: textOf(span, 3),
    name: textOf(span, 5),
    kind: KINDS[Number(numberOf(span, 6))],
    startMs: Number(numberOf(span, 7)) / 1e6,
    endMs: Number(numberOf(span, 8)) / 1e6,
    attributes: pairsOf(span, 9),
    events: messagesOf(span, 11).map((event) => ({ name: textOf(event, 2), attributes: pairsOf(event, 3) })),
    error: status !== undefined && numberOf(status, 3) === ERROR ? textOf(status, 2) : undefined,
    resource,
  };
}

function pairsOf(message: Message, field: number): Record<string, unknown> {
  return Object.fromEntries(
    messagesOf(message, field).map((pair) => [textOf(pair, 1), messagesOf(pair, 2).map(valueOf)[0]]),
  );
}

function valueOf(value: Message): unknown {
  if (value.fields.has(1)) return textOf(value, 1);
  return value.fields.has(2) ? numberOf(value, 2) === 1n : Number(numberOf(value, 3));
}
