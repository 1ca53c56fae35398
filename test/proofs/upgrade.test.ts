/**
 * A rolling update from the version before, and the way back, under load and `kill -9`: every promise holds as seen from
 * outside, and no record is short while pods are there that would find no coupon in it. The version before is another
 * checkout with its dependencies: `UPGRADE_FROM=DIR npm run prove-upgrade`, which keeps what was seen.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { REDIS_PREFIX } from '../../src/domain/redis-prefix.ts';
import { closeRedis, openRedis } from '../../src/redis/connection.ts';
import { machineName } from '../bench/machine-name.ts';
import { BROKERS_CLOCK, SECONDS_BETWEEN_EVENTS, shortenCaps } from '../simulation/chaos/chaos-world.ts';
import type { ChaosOptions } from '../simulation/chaos/options.ts';
import { runWith } from '../simulation/chaos/run.ts';
import { buildWorld, RULES_FILE } from '../simulation/demo/world.ts';
import { MILD_SETTINGS } from '../simulation/partners/settings.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { conductUpgrade, type Version } from '../support/upgrade/conduct-upgrade.ts';
import { countTold, keepUpgrade, type KeptUpgrade } from '../support/upgrade/kept-upgrade.ts';

const OPTIONS: ChaosOptions = {
  ...{ minutes: 1, pods: 2, brokers: 1, seed: Number(process.env['UPGRADE_SEED'] ?? 1), rate: 90 },
  ...{ only: undefined, redis: 'always', soak: false, json: undefined, record: undefined },
};
/** More than the steps take. */
const PLAYED_SECONDS = 1200;

const cleanups: (() => Promise<unknown>)[] = [];
const before = { ...process.env };
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  process.env = before;
});

/** A commit's name; a folder without git's is told by its own. */
function versionOf(folder: string): string {
  try {
    return execFileSync('git', ['-C', folder, 'rev-parse', '--short=7', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return folder;
  }
}

it('every promise holds through a rolling update and the way back', { timeout: 1_800_000 }, async () => {
  const from = process.env['UPGRADE_FROM'];
  if (from === undefined)
    throw new Error('UPGRADE_FROM: expected the folder of the version before, with its dependencies');
  const mains = { now: resolve('src/main.ts'), before: resolve(from, 'src/main.ts') };
  const directory = await mkdtemp(join(tmpdir(), 'coupon-upgrade-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  const rulesFile = join(directory, 'rules.yaml');
  await writeFile(rulesFile, shortenCaps(await readFile(RULES_FILE, 'utf8')));

  const versions: Version[] = ['before', 'before'];
  const control = { say: (line: string) => console.log(line), signal: new AbortController().signal };
  const world = await buildWorld(
    {
      ...{ seed: OPTIONS.seed, pods: OPTIONS.pods, rulesFile },
      events: OPTIONS.rate * PLAYED_SECONDS,
      people: OPTIONS.rate * SECONDS_BETWEEN_EVENTS,
      partners: MILD_SETTINGS,
      services: {
        origins: ['local'],
        kafka: { properties: BROKERS_CLOCK },
      },
      equip: async (pod, services, partners) => ({
        ...{ env: services.env, partners, nodeArgs: [] },
        main: () => mains[versions[pod] ?? 'now'],
      }),
    },
    control,
  );
  cleanups.push(() => world.stop());
  const redis = openRedis({
    ...{ url: world.services.env['REDIS_URL'] ?? '', cluster: false, purpose: 'commands' },
    logger: silentLogger,
  });
  cleanups.push(() => closeRedis(redis));

  const phases: KeptUpgrade['phases'][number][] = [];
  const conductor = conductUpgrade({
    pods: world.pods,
    run: (pod, version) => {
      versions[pod] = version;
    },
    ended: async (name) => {
      phases.push({ name, ...(await countTold(redis, world.names.redisPrefix ?? REDIS_PREFIX)) });
      console.log(JSON.stringify(phases.at(-1)));
    },
  });
  const report = await runWith({ ...world, rulesFile }, OPTIONS, conductor, control);
  if (report === undefined) throw new Error('the run was ended');

  expect(report.checks.filter(({ holds }) => !holds)).toEqual([]);
  const [first, mixed, own, back] = phases;
  expect([first?.short, mixed?.short]).toEqual([0, 0]);
  expect(own?.short).toBeGreaterThan(100);
  // A pod of this version hears of an older one within 3 s.
  expect((back?.short ?? Infinity) - (own?.short ?? 0)).toBeLessThan(100);
  expect(report.pushesSent).toBeGreaterThan(1000);
  const counted = (kind: string): number => report.faults.filter(({ fault }) => fault.kind === kind).length;
  await keepUpgrade({
    ...{ now: versionOf('.'), before: versionOf(from), seed: OPTIONS.seed },
    ...{ events: report.funnel.events, eventsPerSecond: OPTIONS.rate, queued: report.funnel.queued },
    ...{ pushes: report.pushesSent, decidedAgain: report.funnel.repeated },
    ...{ kills: counted('pod-kill'), stops: counted('pod-restart'), phases },
    ...{ held: report.checks.map(({ name }) => name), machine: machineName() },
  });
});
