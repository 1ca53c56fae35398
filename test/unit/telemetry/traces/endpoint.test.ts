/** An endpoint that is away, slow, refusing or odd costs spans and a word in the log, and holds up nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../../../src/config/config.ts';
import { createMask } from '../../../../src/runtime/mask-secrets.ts';
import type { Logger } from '../../../../src/runtime/logger.ts';
import { REQUIRED } from '../../../support/config-problems.ts';
import { bench } from '../../../support/pipeline-fakes.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../../../support/telemetry/otlp-receiver.ts';
import { decide, tracedPiece, tracesTo } from '../../../support/telemetry/trace-rig.ts';

let receiver: OtlpReceiver;
let lines: string[];
let dropped: number;
const note = (about: unknown, message?: string): void =>
  void lines.push(`${message ?? ''} ${JSON.stringify(about)}`);
const logger: Logger = { ...silentLogger, warn: note, info: note, error: note };
const onDropped = (spans: number): void => void (dropped += spans);

beforeEach(async () => {
  receiver = await startOtlpReceiver();
  [lines, dropped] = [[], 0];
});
afterEach(() => receiver.close());

const shortly = { timeoutMs: 1000, logger, onDropped };
const soon = { timeout: 15_000, interval: 10 };

describe.each([
  ['answers 500', 500],
  ['answers 503, which is tried again', 503],
  ['redirects', 302],
  ['refuses the login', 401],
  ['never answers', 'never'],
  ['cuts the connection', (response: { destroy(): unknown }) => response.destroy()],
  [
    'answers no HTTP',
    (response: { socket: { end(text: string): void } | null }) => response.socket?.end('SSH-2.0-x\r\n'),
  ],
] as const)('an endpoint that %s', (_what, answer) => {
  it('is said once, its spans are counted, and said again when it is back', async () => {
    const traces = tracesTo(receiver.url, shortly);
    receiver.answer = answer;
    const b = await decide(traces.tracer);
    expect(b.ended).toHaveLength(1);
    await vi.waitFor(() => expect(dropped).toBe(9), soon);
    await decide(traces.tracer);
    await vi.waitFor(() => expect(dropped).toBe(18), soon);
    expect(lines.filter((line) => line.startsWith('traces could not be sent'))).toHaveLength(1);
    receiver.answer = 200;
    await decide(traces.tracer);
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(9), soon);
    await vi.waitFor(() => expect(lines).toHaveLength(2), soon);
    expect(lines[1]).toMatch(/^traces are sent again/);
    await traces.stop();
  });
});

describe('a pod that stops', () => {
  it('sends what has ended before', async () => {
    const traces = tracesTo(receiver.url, {
      batch: { delayMs: 60_000, exportTimeoutMs: 1000, maxQueueSize: 20, maxBatchSize: 4 },
    });
    await decide(traces.tracer);
    expect(receiver.spans).toEqual([]);
    await traces.stop();
    expect(receiver.spans).toHaveLength(9);
  });

  it.each([
    ['is away', 'http://127.0.0.1:1'],
    ['never answers', undefined],
  ])('waits two seconds at most for an endpoint that %s', async (_what, url) => {
    receiver.answer = 'never';
    const traces = tracesTo(url ?? receiver.url, { timeoutMs: 10_000, logger, onDropped });
    await decide(traces.tracer);
    const sinceMs = performance.now();
    await traces.stop();
    expect(performance.now() - sinceMs).toBeLessThan(2500);
  });
});

it('what waits to be sent is bounded, and more is dropped and counted', async () => {
  const batch = { delayMs: 60_000, exportTimeoutMs: 1000, maxQueueSize: 20, maxBatchSize: 20 };
  receiver.answer = 'never';
  const traces = tracesTo(receiver.url, { ...shortly, timeoutMs: 60_000, batch });
  for (let events = 0; events < 10; events += 1) await decide(traces.tracer);
  // 20 are out in one request, 20 wait.
  expect(dropped).toBe(90 - 40);
});

describe('headers', () => {
  const environment = {
    ...REQUIRED,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20otlp-hunter2,x-team=push',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=key-hunter2',
  };

  it('go with every request, and are in no text that leaves the pod', async () => {
    const config = readConfig({ ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/` });
    const mask = createMask(config.secrets);
    const { url = '', ...settings } = config.traces ?? {};
    const traces = tracesTo('', {
      ...settings,
      url,
      logger,
      onDropped,
      batch: { delayMs: 10, exportTimeoutMs: 500, maxQueueSize: 20, maxBatchSize: 20 },
      sampler: 'always_on',
    });
    receiver.answer = (response) => {
      response.writeHead(400, 'no Bearer otlp-hunter2 nor key-hunter2').end('otlp-hunter2');
    };
    await decide(traces.tracer);
    await vi.waitFor(() => expect(lines).toHaveLength(1), soon);
    expect(receiver.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { authorization: 'Bearer otlp-hunter2', 'x-team': 'push', 'x-key': 'key-hunter2' },
    });
    expect(lines[0]).toContain('hunter2');
    expect(mask(lines[0]!)).not.toContain('hunter2');
    expect(mask(Object.values(environment).join(' '))).not.toContain('hunter2');
    await traces.stop();
  });
});

it('a pod without traces asks for none', async () => {
  const b = await decide(undefined, tracedPiece(), bench());
  expect(b.ended).toHaveLength(1);
  expect(receiver.requests).toEqual([]);
});
