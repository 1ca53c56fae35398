/**
 * `npm run demo`: the whole service on real Kafka, Redis and S3, played by a simulated city, and its promises
 * checked from outside. Exit code 0: all kept; 1: one was broken, or the demo could not run; 130: interrupted.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { failingSettings, MILD_SETTINGS } from '../partners/settings.ts';
import { silenceKafkaWarning } from '../player/kafka.ts';
import { readCaps } from './checks.ts';
import { INTERRUPTED, keepReport, runCommand } from './command.ts';
import { explainUsers } from './five-users.ts';
import { openLive, type Live } from './live.ts';
import { fleetEnvironment } from './names.ts';
import { type DemoOptions, readOptions, USAGE } from './options.ts';
import { checkRecordFile, recordRun } from './record-run.ts';
import { formatReport } from './report.ts';
import { run } from './run.ts';
import { buildWorld, RULES_FILE, type World, type WorldPlan } from './world.ts';
import { untilAborted } from '../services/until-aborted.ts';

silenceKafkaWarning();

/** For a shell that then runs the service's own commands against this run. */
const writeVariables = async ({ services, names, partners, logDirectory }: World): Promise<string> => {
  const path = join(logDirectory, 'variables.sh');
  const variables = Object.entries(fleetEnvironment(services.env, names, partners.urls));
  const quote = (value: string): string => `'${value.replaceAll("'", String.raw`'\''`)}'`;
  const lines = variables.map(([name, value]) => `export ${name}=${quote(value)}\n`);
  await writeFile(path, lines.join(''), { mode: 0o600 });
  return path;
};

const describeWorld = ({ services, partners, pods, names, logDirectory }: World, variables: string): string =>
  [
    '',
    `  ${styleText('bold', 'Still running, until Ctrl-C')}`,
    ...services.all.map(({ name, address }) => `  ${name.padEnd(12)} ${address}`),
    ...pods.map(({ name, url }) => `  ${name.padEnd(12)} ${url}/  (${url}/status)`),
    `  ${'partners'.padEnd(12)} ${partners.urls.control}/ledger`,
    `  ${'topics'.padEnd(12)} ${names.topic}, ${names.outcomeTopic}, ${names.deadLetterTopic}; group ${names.groupId}`,
    `  ${'logs'.padEnd(12)} ${logDirectory}`,
    `  ${'variables'.padEnd(12)} source ${variables}   (then, in that shell: npx coupon-notifier rules log)`,
    '',
  ].join('\n');

const planWorld = ({ seed, events, pods, failRate, rules, record, origins }: DemoOptions): WorldPlan => ({
  seed,
  events,
  pods,
  rulesFile: rules ?? RULES_FILE,
  recordsDecisions: record !== undefined,
  services: { allowed: origins },
  partners: {
    ...(failRate === undefined ? MILD_SETTINGS : failingSettings(failRate)),
    auth: { required: true, tokenLifeSeconds: 30 },
  },
});

const demo = async (options: DemoOptions, live: Live, signal: AbortSignal): Promise<number> => {
  const startedAt = Date.now();
  await checkRecordFile(options.record);
  // A document that is none ends the demo before anything is started.
  await readCaps(options.rules ?? RULES_FILE);
  live.say(
    `${styleText('bold', 'coupon push notifier')}: ${options.events.toLocaleString('en-US')} events, ${options.pods} pods, seed ${options.seed}`,
  );
  const world = await buildWorld(planWorld(options), { say: (line) => live.say(line), signal });
  try {
    const report = await run(world, options, { live, signal, startedAt, keep: options.keep });
    if (report === undefined) return INTERRUPTED;
    console.log(formatReport(report));
    await recordRun(world, options.record, (line) => console.log(line));
    await explainUsers(world, options.why, (line) => console.log(line));
    await keepReport(report, { json: options.json, logDirectory: world.logDirectory });
    if (options.keep) {
      console.log(describeWorld(world, await writeVariables(world)));
      await untilAborted(signal);
    }
    return report.ok ? 0 : 1;
  } finally {
    await world.stop();
  }
};

let live: Live | undefined;

const exitCode = await runCommand<DemoOptions>({
  usage: USAGE,
  readOptions,
  carryOut: async (options, signal) => {
    live = openLive(process.stdout);
    try {
      return await demo(options, live, signal);
    } finally {
      live.end();
    }
  },
  onStopping: () => {
    live?.end();
    live?.say('stopping everything …');
  },
});
process.exit(exitCode);
