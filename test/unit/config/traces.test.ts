/** OpenTelemetry's variables: off by themselves, checked by name, and read as its other libraries read them. */
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { configProblems, REQUIRED } from '../../support/config-problems.ts';

const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
const read = (environment: Record<string, string>) => readConfig({ ...REQUIRED, ...environment });

describe('traces are', () => {
  it.each([
    ['nothing is set', {}],
    ['a sampler alone is set', { OTEL_TRACES_SAMPLER: 'always_on' }],
    ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['the SDK is disabled', { ...ON, OTEL_SDK_DISABLED: 'true' }],
    ['there is no exporter', { ...ON, OTEL_TRACES_EXPORTER: 'none' }],
  ])('off where %s', (_what, environment) => {
    expect(read(environment).traces).toBeUndefined();
  });

  it('on where an endpoint is set, by the producer’s flag and OpenTelemetry’s defaults', () => {
    expect(read(ON).traces).toEqual({
      url: 'http://collector:4318/v1/traces',
      headers: {},
      timeoutMs: 10_000,
      sampler: 'parentbased_always_off',
      ratio: 1,
      attributes: { 'service.name': 'coupon-notifier' },
      batch: { delayMs: 5000, exportTimeoutMs: 30_000, maxQueueSize: 2048, maxBatchSize: 512 },
    });
  });

  it('sent where the variables of traces say, before those of all signals', () => {
    const traces = read({
      ...ON,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in?tenant=1',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b=x%20y ,',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=2%3D',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '250',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=prod',
    }).traces;
    expect(traces).toMatchObject({
      url: 'https://traces.example/in?tenant=1',
      headers: { a: '1', b: '2=' },
      timeoutMs: 250,
      attributes: { 'service.name': 'other', 'deployment.environment.name': 'prod' },
    });
    expect(
      read({ ...ON, OTEL_SERVICE_NAME: 'mine', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' }),
    ).toMatchObject({
      traces: { attributes: { 'service.name': 'mine' } },
    });
  });
});

it.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://collector'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zz'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%0d%0aX: y'],
  ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', '=1'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s'],
  ['OTEL_SDK_DISABLED', 'yes'],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ['OTEL_TRACES_SAMPLER_ARG', '10%'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'team'],
  ['OTEL_BSP_SCHEDULE_DELAY', '-1'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', '65537'],
  ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '2049'],
])('%s that is %j is named, and its value is not said', (name, value) => {
  const problems = configProblems({ ...REQUIRED, ...ON, [name]: value });
  expect(Object.keys(problems)).toEqual([name]);
  expect(problems[name]).toMatch(/^expected /);
  if (name.endsWith('HEADERS')) expect(problems[name]).not.toContain(`'${value}'`);
});

it.each(['0', '1', '0.01', '.5', '1.0'])('a share may be %s', (share) => {
  expect(read({ ...ON, OTEL_TRACES_SAMPLER_ARG: share }).traces?.ratio).toBe(Number(share));
});
