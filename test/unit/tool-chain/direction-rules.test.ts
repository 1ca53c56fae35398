/**
 * The rules of direction bite: a small tree that mirrors the source plants one violation of each kind, and the same
 * tool with the same rules finds every one of them and nothing else.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../../..');

/** What is allowed, in the same words as in the source: none of it may be reported. */
const allowed: Record<string, string> = {
  'src/runtime/clock.ts': 'export type Now = () => number;',
  'src/domain/event.ts':
    "import { z } from 'zod';\nimport '../runtime/clock.ts';\nexport const event = z.string();",
  'src/pipeline/ports.ts': "export type { event } from '../domain/event.ts';",
  'src/pipeline/steps/claim.ts': "import '../ports.ts';",
  'src/rules/rank.ts': "import '../pipeline/ports.ts';",
  'src/replay/decide.ts': "import '../pipeline/steps/claim.ts';\nimport '../rules/rank.ts';\nimport 'zod';",
  'src/stream/decode/cut.ts': "export type { event } from '../../domain/event.ts';",
  'src/stream/partition/flow.ts': "import '../decode/cut.ts';",
  'src/kafka/client/client.ts': "import 'kafkajs';",
  'src/kafka/meter.ts': 'export type Meter = () => void;',
  'src/kafka/fetch/records.ts': "import '../client/client.ts';\nimport '../meter.ts';",
  'src/kafka/consumer.ts':
    "import './fetch/records.ts';\nimport '../stream/partition/flow.ts';\nimport '../pipeline/ports.ts';",
  'src/redis/connection.ts': "import 'ioredis';",
  'src/claims/claims.ts': "import '../redis/connection.ts';",
  'src/push/queue.ts': "import 'bullmq';\nimport 'ioredis';\nimport '../redis/connection.ts';",
  'src/ops/pods.ts': "import 'ioredis';\nimport '../redis/connection.ts';",
  'src/ops/pod-notes.ts': "import 'ioredis';\nimport '../redis/connection.ts';",
  'src/partners/http/sockets.ts': "import 'undici';\nimport 'got';",
  'src/partners/limit/limit.ts': 'export const limit = 4;',
  'src/partners/auth/tokens.ts': "import '../http/sockets.ts';",
  'src/partners/push/api.ts': "import '../auth/tokens.ts';\nimport '../http/sockets.ts';",
  'src/partners/coupon/pool.ts':
    "import '../auth/tokens.ts';\nimport '../http/sockets.ts';\nimport '../limit/limit.ts';",
  'src/config/config.ts': "import '../domain/event.ts';",
  'src/compose/pod.ts': "import '../config/config.ts';\nimport '../kafka/consumer.ts';",
  'src/main.ts': "import './compose/pod.ts';",
  'src/cli/main.ts':
    "import '../compose/pod.ts';\nimport '../config/config.ts';\nimport '../replay/decide.ts';",
  'test/simulation/demo/main.ts': "import '../../../src/compose/pod.ts';",
  'test/simulation/services/docker.ts': "export const start = () => import('testcontainers');",
  // The other half of the planted cycle, which is reported once, for its first file.
  'src/ops/egg.ts': "import './chicken.ts';",
  'test/anything.ts': "import '../src/main.ts';\nimport 'kafkajs';",
};

/** Each file breaks one rule. */
const planted: Record<string, readonly [rule: string, content: string]> = {
  'src/runtime/knows-an-event.ts': ['room-runtime', "import '../domain/event.ts';"],
  'src/domain/knows-pipeline.ts': ['room-domain', "import '../pipeline/steps/claim.ts';"],
  'src/pipeline/knows-adapter.ts': ['room-pipeline', "import '../kafka/consumer.ts';"],
  'src/stream/knows-ports.ts': ['room-stream', "import '../pipeline/ports.ts';"],
  'src/redis/knows-claims.ts': ['room-redis', "import '../claims/claims.ts';"],
  'src/claims/knows-neighbour.ts': ['room-claims', "import '../push/queue.ts';"],
  'src/ops/status-knows-redis.ts': ['room-ops', "import '../redis/connection.ts';"],
  'src/kafka/knows-a-step.ts': ['room-kafka', "import '../pipeline/steps/claim.ts';"],
  'src/kafka/client/knows-fetching.ts': ['floor-kafka-client', "import '../fetch/records.ts';"],
  'src/kafka/fetch/knows-the-consumer.ts': ['floor-kafka-fetch', "import '../consumer.ts';"],
  'src/stream/decode/knows-partitions.ts': ['floor-stream-decode', "import '../partition/flow.ts';"],
  'src/partners/coupon/knows-pushes.ts': ['floor-partners-coupon', "import '../push/api.ts';"],
  'src/partners/push/knows-coupons.ts': ['floor-partners-push', "import '../coupon/pool.ts';"],
  'src/partners/auth/knows-a-partner.ts': ['floor-partners-auth', "import '../push/api.ts';"],
  'src/partners/http/knows-tokens.ts': ['floor-partners-http', "import '../auth/tokens.ts';"],
  'src/partners/limit/knows-http.ts': ['floor-partners-limit', "import '../http/sockets.ts';"],
  'src/rules/reads-a-file.ts': ['pure-rules-inside', "import 'node:fs/promises';"],
  'src/replay/knows-claims.ts': ['room-replay', "import '../claims/claims.ts';"],
  'src/replay/reads-a-file.ts': ['pure-replay-inside', "import 'node:fs/promises';"],
  'src/compose/replays.ts': ['only-commands-replay', "import '../replay/decide.ts';"],
  'src/stream/uses-a-package.ts': ['pure-stream-packages', "import 'zod';"],
  'src/push/speaks-kafka.ts': ['driver-kafkajs', "import 'kafkajs';"],
  'src/kafka/speaks-bullmq.ts': ['driver-bullmq', "import 'bullmq';"],
  'src/ops/status-speaks-redis.ts': [
    'driver-ioredis',
    "import type { Redis } from 'ioredis';\nexport type R = Redis;",
  ],
  'src/compose/speaks-s3.ts': ['driver-aws-sdk', "import '@aws-sdk/client-s3';"],
  'src/telemetry/speaks-http.ts': ['driver-got', "import 'got';"],
  'src/claims/speaks-undici.ts': ['driver-undici', "import 'undici';"],
  'src/ops/logs-by-itself.ts': ['driver-pino', "import 'pino';"],
  'src/push/traces-by-itself.ts': ['driver-opentelemetry', "import '@opentelemetry/api';"],
  'src/push/counts-by-itself.ts': ['driver-datadog-metrics', "import 'datadog-metrics';"],
  'src/config/builds.ts': ['config-stands-alone', "import '../push/queue.ts';"],
  'src/cli/plays.ts': ['source-without-tests', "import '../../test/simulation/demo/main.ts';"],
  'src/compose/starts.ts': ['nobody-imports-an-entry', "import '../main.ts';"],
  'src/cli/needs-dev.ts': ['no-dev-package-at-start', "import 'vitest';"],
  'test/simulation/partners/needs-dev.ts': ['no-dev-package-at-start', "import 'vitest';"],
  'src/ops/misses.ts': ['resolvable', "import './not-there.ts';"],
  'src/ops/chicken.ts': ['no-cycles', "import './egg.ts';"],
};
/** A room that reads the configuration breaks two rules at once: its room's own, and this. */
const twice = 'src/ops/reads-config.ts';

const Report = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

let tree: string;
let found: string[];

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'directions-'));
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  await symlink(join(root, 'package.json'), join(tree, 'package.json'));
  await write('tsconfig.json', '{}');
  for (const [file, content] of Object.entries(allowed)) await write(file, content);
  for (const [file, [, content]] of Object.entries(planted)) await write(file, content);
  await write(twice, "import '../config/config.ts';");
  found = await cruise();
}, 240_000);

afterAll(async () => {
  await rm(tree, { recursive: true, force: true });
});

describe('the rules of direction', () => {
  it.each(Object.entries(planted))('find what %s does', (file, [rule]) => {
    expect(found).toContain(`${file}: ${rule}`);
  });

  it('find a room that reads the configuration, by both rules it breaks', () => {
    expect(found).toContain(`${twice}: only-roots-know-config-and-compose`);
    expect(found).toContain(`${twice}: room-ops`);
  });

  it('report nothing that is allowed', () => {
    expect(found.filter((line) => (line.split(': ')[0] ?? '') in allowed)).toEqual([]);
  });

  it('report each planted file for its own rule alone', () => {
    const expected = Object.entries(planted).map(([file, [rule]]) => `${file}: ${rule}`);
    expect(found.filter((line) => !line.startsWith(twice)).sort()).toEqual(expected.sort());
  });
});

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(tree, file)), { recursive: true });
  await writeFile(join(tree, file), `${content}\n`);
}

async function cruise(): Promise<string[]> {
  const tool = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(root, '.dependency-cruiser.js');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [tool, '--config', config, '--output-type', 'json', 'src', 'test'],
    { cwd: tree, maxBuffer: 64 * 1024 * 1024 },
  );
  return Report.parse(JSON.parse(stdout)).summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`);
}
