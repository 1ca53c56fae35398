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
  'src/domain/event.ts': "import { z } from 'zod';\nexport const event = z.string();",
  'src/pipeline/ports.ts': "export type { event } from '../domain/event.ts';",
  'src/pipeline/steps/claim.ts': "import '../ports.ts';",
  'src/stream/executor.ts':
    "import type { event } from '../domain/event.ts';\nexport type Key = typeof event;",
  'src/kafka/consumer.ts':
    "import 'kafkajs';\nimport '../stream/executor.ts';\nimport '../pipeline/ports.ts';",
  'src/push/queue.ts': "import 'bullmq';\nimport 'ioredis';",
  'src/ops/pods.ts': "import 'ioredis';",
  'src/partners/pool.ts': "import 'undici';\nimport 'got';",
  'src/config.ts': "import './domain/event.ts';",
  'src/compose.ts': "import './config.ts';\nimport './kafka/consumer.ts';",
  'src/main.ts': "import './compose.ts';",
  'src/cli/rules.ts': "import '../compose.ts';\nimport '../config.ts';",
  'src/simulation/demo/main.ts': "import '../../compose.ts';",
  'src/simulation/services/docker.ts': "export const start = () => import('testcontainers');",
  // The other half of the planted cycle, which is reported once, for its first file.
  'src/simulation/egg.ts': "import './chicken.ts';",
  'test/anything.ts': "import '../src/main.ts';\nimport 'kafkajs';",
};

/** Each file breaks one rule. */
const planted: Record<string, readonly [rule: string, content: string]> = {
  'src/domain/knows-pipeline.ts': ['room-domain', "import '../pipeline/steps/claim.ts';"],
  'src/pipeline/knows-adapter.ts': ['room-pipeline', "import '../kafka/consumer.ts';"],
  'src/stream/knows-ports.ts': ['room-stream', "import '../pipeline/ports.ts';"],
  'src/cooldown/knows-neighbour.ts': ['room-cooldown', "import '../push/queue.ts';"],
  'src/kafka/knows-a-step.ts': ['room-kafka', "import '../pipeline/steps/claim.ts';"],
  'src/rules/reads-a-file.ts': ['pure-rules-inside', "import 'node:fs/promises';"],
  'src/stream/uses-a-package.ts': ['pure-stream-packages', "import 'zod';"],
  'src/push/speaks-kafka.ts': ['driver-kafkajs', "import 'kafkajs';"],
  'src/kafka/speaks-bullmq.ts': ['driver-bullmq', "import 'bullmq';"],
  'src/ops/status-speaks-redis.ts': [
    'driver-ioredis',
    "import type { Redis } from 'ioredis';\nexport type R = Redis;",
  ],
  'src/compose-speaks-s3.ts': ['driver-aws-sdk', "import '@aws-sdk/client-s3';"],
  'src/telemetry/speaks-http.ts': ['driver-got', "import 'got';"],
  'src/cooldown/speaks-undici.ts': ['driver-undici', "import 'undici';"],
  'src/ops/logs-by-itself.ts': ['driver-pino', "import 'pino';"],
  'src/push/counts-by-itself.ts': ['driver-datadog-metrics', "import 'datadog-metrics';"],
  'src/config-builds.ts': ['config-stands-alone', "import './push/queue.ts';"],
  'src/cli/plays.ts': ['production-without-simulation', "import '../simulation/demo/main.ts';"],
  'src/compose-starts.ts': ['nobody-imports-an-entry', "import './main.ts';"],
  'src/simulation/needs-dev.ts': ['no-dev-package-at-start', "import 'vitest';"],
  'src/simulation/knows-test.ts': ['source-without-tests', "import '../../test/anything.ts';"],
  'src/simulation/misses.ts': ['resolvable', "import './not-there.ts';"],
  'src/simulation/chicken.ts': ['no-cycles', "import './egg.ts';"],
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
  await write(twice, "import '../config.ts';");
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
