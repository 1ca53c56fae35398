/**
 * A pod's secrets are in nothing that it lets out: not in its log at its loudest, not in what its endpoints answer, not
 * in its command line. Every service that it speaks to is hostile and says back what it was sent; each secret is shown
 * to have been sent.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { VARIABLES } from '../../../src/config/variables.ts';

const soon = { timeout: 90_000, interval: 100 };

const SECRETS = {
  REDIS_URL: 'redis-hunter2',
  AUTH_CLIENT_SECRET: 'auth-hunter2',
  DATADOG_API_KEY: 'datadog-hunter2',
  KAFKA_OAUTH_CLIENT_SECRET: 'kafka-hunter2',
  OPS_PASSWORD: 'ops-hunter2',
  HTTP_PROXY: 'proxy-hunter2',
  AWS_SECRET_ACCESS_KEY: 'aws-hunter2',
} as const;
/** In whatever coding they were sent. */
const shapesOf = (secret: string): readonly string[] => [
  secret,
  ...['', 'a', 'ab'].map((before) =>
    // What stands before a secret shifts how it looks in base64; the ends are its neighbours’.
    Buffer.from(before + secret)
      .toString('base64')
      .slice(before.length === 0 ? 0 : 4, -4),
  ),
];

let received = '';
const servers: (Server | NetServer)[] = [];
let pod: ChildProcess | undefined;
let output = '';
let url = '';

async function listen(server: Server | NetServer): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Says back all that it was sent, as an error. */
async function echo(request: IncomingMessage): Promise<string> {
  let heard = `${String(request.url)} ${JSON.stringify(request.headers)}`;
  for await (const chunk of request) heard += String(chunk);
  received += heard;
  for (const [, encoded = ''] of heard.matchAll(/Basic ([\w+/=]+)/g))
    received += Buffer.from(encoded, 'base64').toString();
  return heard;
}

/** Answers each command with an error that has the command in it. */
function redisThatSays(error: string): NetServer {
  return createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      received += data.toString();
      const words = data
        .toString()
        .split('\r\n')
        .filter((word) => !/^[*$]/.test(word));
      const commands = data.toString().match(/^\*/gm)?.length ?? 0;
      socket.write(`-${error}: ${words.join(' ')}\r\n`.repeat(commands));
    });
  });
}

function start(changes: Readonly<Record<string, string>>): ChildProcess {
  const started = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', 'src/main.ts'], {
    env: { PATH: process.env['PATH'], ...changes },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [started.stdout, started.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()));
  return started;
}

let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  const http = createHttpServer((request, response) => {
    void echo(request).then((heard) => {
      response.writeHead(400, { 'content-type': 'application/json', 'x-heard': encodeURIComponent(heard) });
      response.end(JSON.stringify({ error: heard, error_description: heard, message: heard }));
    });
  });
  const [httpPort, redisPort] = [await listen(http), await listen(redisThatSays('LOADING still, heard'))];
  const free = createServer();
  const port = await listen(free);
  free.close();
  const partner = `http://127.0.0.1:${String(httpPort)}`;
  url = `http://127.0.0.1:${String(port)}`;
  environment = {
    ...{ LOG_LEVEL: 'trace', HOST: '127.0.0.1', PORT: String(port), POD_NAME: 'pod-1' },
    ...{ KAFKA_BROKERS: '127.0.0.1:1', KAFKA_SASL_MECHANISM: 'oauthbearer' },
    KAFKA_OAUTH_TOKEN_URL: `${partner}/kafka-token`,
    KAFKA_OAUTH_CLIENT_ID: 'id',
    KAFKA_OAUTH_CLIENT_SECRET: SECRETS.KAFKA_OAUTH_CLIENT_SECRET,
    REDIS_URL: `redis://user:${SECRETS.REDIS_URL}@127.0.0.1:${String(redisPort)}`,
    ...{ COUPON_API_URL: partner, PUSH_API_URL: partner, AUTH_TOKEN_URL: `${partner}/token` },
    ...{ AUTH_CLIENT_ID: 'id', AUTH_CLIENT_SECRET: SECRETS.AUTH_CLIENT_SECRET },
    ...{ RULES_S3_URI: 's3://bucket/rules.yaml', S3_ENDPOINT: partner, AWS_REGION: 'us-east-1' },
    ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: SECRETS.AWS_SECRET_ACCESS_KEY },
    DOCUMENT_POLL_MS: '200',
    ...{ DATADOG_API_KEY: SECRETS.DATADOG_API_KEY, DATADOG_API_URL: partner },
    DATADOG_FLUSH_INTERVAL_MS: '200',
    HTTP_PROXY: `http://user:${SECRETS.HTTP_PROXY}@127.0.0.1:${String(httpPort)}`,
    ...{ OPS_USER: 'ops', OPS_PASSWORD: SECRETS.OPS_PASSWORD, QUEUE_BOARD: 'true' },
  };
  pod = start(environment);
  await vi.waitFor(async () => {
    const found = await fetch(`${url}/live`);
    expect(found.status).toBe(200);
  }, soon);
  await vi.waitFor(() => {
    expect(output).toMatch(/could not be sent to Datadog/);
    expect(output).toMatch(/the token could not be renewed/);
    expect(output).toMatch(/redis connection lost or refused|Redis/);
  }, soon);
}, 120_000);
afterAll(async () => {
  if (pod?.exitCode === null) {
    pod.kill('SIGKILL');
    await once(pod, 'close');
  }
  for (const server of servers) server.close();
});

function expectNone(what: string, text: string): void {
  for (const [name, secret] of Object.entries(SECRETS)) {
    for (const shape of shapesOf(secret)) expect(text.includes(shape), `${name} in ${what}`).toBe(false);
  }
}

describe('a pod among services that say back what they hear', () => {
  it('every secret that goes to them has gone there', () => {
    for (const name of ['REDIS_URL', 'AUTH_CLIENT_SECRET', 'DATADOG_API_KEY', 'HTTP_PROXY'] as const)
      expect(received.includes(SECRETS[name]), name).toBe(true);
  });

  it('lets none out by its endpoints', async () => {
    const authorization = `Basic ${Buffer.from(`ops:${SECRETS.OPS_PASSWORD}`).toString('base64')}`;
    const guess = `Basic ${Buffer.from('ops:guess').toString('base64')}`;
    for (const path of ['/', '/live', '/ready', '/status', '/metrics', '/queue', '/nothing']) {
      for (const login of [authorization, guess]) {
        const answer = await fetch(`${url}${path}`, { headers: { authorization: login } });
        expectNone(path, `${JSON.stringify(Object.fromEntries(answer.headers))}${await answer.text()}`);
      }
    }
  });

  it('lets none out by the stream of its page', async () => {
    const authorization = `Basic ${Buffer.from(`ops:${SECRETS.OPS_PASSWORD}`).toString('base64')}`;
    const signal = AbortSignal.timeout(soon.timeout);
    const answer = await fetch(`${url}/page/events`, { headers: { authorization }, signal });
    let sent = '';
    for await (const chunk of answer.body ?? []) {
      sent += Buffer.from(chunk).toString();
      // It goes on after what was seen at first.
      if ((sent.match(/^data: /gm)?.length ?? 0) > 3) break;
    }
    expect(sent).toContain('"headline"');
    expectNone('/page/events', sent);
  }, 120_000);

  it('lets none out by its command line', async () => {
    const line = await readFile(`/proc/${String(pod?.pid)}/cmdline`, 'utf8').catch(() => '');
    expectNone('the command line', line);
  });

  it('lets none out by its log, to the last line', async () => {
    if (pod?.exitCode === null) {
      pod.kill('SIGTERM');
      await once(pod, 'close');
    }
    expect(output).toContain('"level":"debug"');
    expectNone('the log', output);
  });

  it('nor does one that refuses to start, as its Redis knows no login', async () => {
    const port = await listen(redisThatSays('ERR unknown command, with args beginning with'));
    output = '';
    const refusing = start({
      ...environment,
      REDIS_URL: `redis://user:${SECRETS.REDIS_URL}@127.0.0.1:${String(port)}`,
    });
    await once(refusing, 'close');
    expect(refusing.exitCode).toBe(78);
    expect(output).toMatch(/Redis|REDIS_URL/);
    expectNone('the log', output);
  }, 120_000);
});

it('every secret of the configuration is one of these, or named here with its reason', () => {
  const elsewhere = {
    KAFKA_SASL_PASSWORD: 'test/scenarios/encrypted.test.ts looks for it in a pod’s log',
    HTTPS_PROXY: 'as HTTP_PROXY',
    OTEL_EXPORTER_OTLP_HEADERS: 'test/unit/telemetry/traces/endpoint.test.ts looks for it in the log',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'as OTEL_EXPORTER_OTLP_HEADERS',
  };
  const secrets = Object.entries(VARIABLES).flatMap(([name, { isSecret }]) => (isSecret ? [name] : []));
  for (const name of secrets) expect({ ...SECRETS, ...elsewhere }).toHaveProperty(name);
});
