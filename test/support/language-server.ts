/**
 * A YAML language server as editors run it, over its standard input and output. Each question has a deadline, so a
 * server that is silent fails a test with the question's name. The process ends with {@link LanguageServer.stop}.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { within } from '../../src/runtime/deadline.ts';

export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

export interface LanguageServer {
  /** @param uri decides nothing but where a relative schema is looked for. */
  open(uri: string, text: string): void;
  /** @returns the request's result. */
  ask(method: string, params: unknown): Promise<unknown>;
  /** The first diagnostics of a document that are published. */
  diagnosticsOf(uri: string): Promise<readonly Diagnostic[]>;
  stop(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly params?: unknown;
}

const DEADLINE_MS = 50_000;
const require = createRequire(import.meta.url);

export async function startLanguageServer(rootUri: string): Promise<LanguageServer> {
  const program = require.resolve('yaml-language-server/bin/yaml-language-server');
  const server = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) =>
    server.once('exit', () => {
      resolve();
    }),
  );
  const answers = new Map<number, (result: unknown) => void>();
  const published = new Map<string, PromiseWithResolvers<readonly Diagnostic[]>>();
  let lastId = 0;

  const send = (message: object): void => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    server.stdin.write(`Content-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`);
  };
  const diagnosticsAt = (uri: string): PromiseWithResolvers<readonly Diagnostic[]> => {
    const known = published.get(uri) ?? Promise.withResolvers<readonly Diagnostic[]>();
    published.set(uri, known);
    return known;
  };

  server.stdout.on(
    'data',
    createReader(({ id, method, result, params }) => {
      if (method === 'textDocument/publishDiagnostics') {
        const { uri, diagnostics } = params as { uri: string; diagnostics: readonly Diagnostic[] };
        diagnosticsAt(uri).resolve(diagnostics);
      } else if (id !== undefined && method !== undefined) {
        // It asks for the editor's settings: there are none.
        const { items = [] } = (params ?? {}) as { readonly items?: readonly unknown[] };
        send({ id, result: items.map(() => ({})) });
      } else if (id !== undefined) {
        answers.get(id)?.(result);
      }
    }),
  );

  const ask = (method: string, params: unknown): Promise<unknown> => {
    lastId += 1;
    const id = lastId;
    const answer = new Promise<unknown>((resolve) => answers.set(id, resolve));
    send({ id, method, params });
    return inTime(answer, method);
  };

  await ask('initialize', {
    processId: process.pid,
    rootUri,
    workspaceFolders: null,
    capabilities: { workspace: { configuration: true } },
  });
  send({ method: 'initialized', params: {} });
  return {
    open(uri, text) {
      send({
        method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
      });
    },
    ask,
    diagnosticsOf: (uri) => inTime(diagnosticsAt(uri).promise, `diagnostics of ${uri}`),
    async stop() {
      await ask('shutdown', undefined);
      send({ method: 'exit' });
      await exited;
    },
  };
}

/** @throws Error that names what has not come. */
function inTime<T>(answer: Promise<T>, what: string): Promise<T> {
  const late = (): never => {
    throw new Error(`the language server is silent: ${what}`);
  };
  return within(answer, { limitMs: DEADLINE_MS, late });
}

/** Cuts the stream into messages: a header with the length of the body, an empty line, the body. */
function createReader(receive: (message: Message) => void): (chunk: Buffer) => void {
  let unread = Buffer.alloc(0);
  return (chunk) => {
    unread = Buffer.concat([unread, chunk]);
    for (;;) {
      const header = unread.indexOf('\r\n\r\n');
      if (header < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(unread.subarray(0, header).toString())?.[1]);
      const end = header + 4 + length;
      if (unread.length < end) return;
      receive(JSON.parse(unread.subarray(header + 4, end).toString()) as Message);
      unread = unread.subarray(end);
    }
  };
}
