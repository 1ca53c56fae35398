/**
 * Services for a developer's shell: starts Kafka, Redis and S3, prints how to reach them, and keeps them until
 * Ctrl-C (or the end of this process, however it ends).
 *
 *   node test/simulation/services/main.ts [--only redis,s3] [--buckets a,b] [--append-fsync always] [--json FILE]
 *        [--origins local]   where they may come from: given, docker, local (default: what SERVICE_ORIGINS says, else all)
 *
 * What a shell should evaluate goes to standard output, everything else to standard error.
 */
import { rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import type { RedisOptions } from './options.ts';
import { readOrigins } from './origins.ts';
import { startServices } from './start-services.ts';
import { untilAborted } from './until-aborted.ts';

const APPEND_FSYNC = ['always', 'everysec', 'no'] as const;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'kafka,redis,s3' },
    buckets: { type: 'string', default: 'coupon-notifier' },
    'append-fsync': { type: 'string', default: 'everysec' },
    origins: { type: 'string' },
    json: { type: 'string' },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function split(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Aborts at the first signal to end; more of them change nothing. */
function endRequested(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      ending.abort(new Error(`ended by ${signal} before the services ran`));
    });
  return ending.signal;
}

async function main(): Promise<void> {
  const only = split(values.only);
  const appendFsync = APPEND_FSYNC.find((one) => one === values['append-fsync']);
  if (appendFsync === undefined) throw new Error(`--append-fsync: one of ${APPEND_FSYNC.join(', ')}`);
  const unknown = only.filter((name) => !['kafka', 'redis', 's3'].includes(name));
  if (unknown.length > 0) throw new Error(`--only: ${unknown.join(', ')} is none of kafka, redis, s3`);
  const redis: RedisOptions = { appendFsync };
  const ended = endRequested();
  const services = await startServices({
    ...{ say, signal: ended },
    allowed: readOrigins(values.origins, '--origins'),
    kafka: only.includes('kafka') ? {} : false,
    redis: only.includes('redis') ? redis : false,
    s3: only.includes('s3') ? { buckets: split(values.buckets) } : false,
  });
  for (const [name, value] of Object.entries(services.env))
    process.stdout.write(`export ${name}='${value}'\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(services.env, null, 2)}\n`);
  say('ready; Ctrl-C stops them');
  await untilAborted(ended);
  await services.stop();
  if (values.json !== undefined) await rm(values.json, { force: true });
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
