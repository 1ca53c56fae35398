/**
 * `npm run chaos`: the whole service under load while pods, services, partners, clocks and the network between them
 * fail by a schedule that a seed repeats, and its promises checked from outside. Exit code 0: all kept; 1: one was
 * broken, or the run could not be made; 130: interrupted.
 */
import { styleText } from 'node:util';
import { INTERRUPTED, keepReport, runCommand } from '../demo/command.ts';
import { checkRecordFile, keepRules, recordRun } from '../demo/record-run.ts';
import { silenceKafkaWarning } from '../player/kafka.ts';
import { buildChaosWorld } from './chaos-world.ts';
import { type ChaosOptions, readOptions, USAGE } from './options.ts';
import { formatChaos } from './report.ts';
import { run } from './run.ts';
import { planFaults } from './schedule.ts';

silenceKafkaWarning();

const say = (line: string): void => {
  console.log(line);
};

const chaos = async (options: ChaosOptions, signal: AbortSignal): Promise<number> => {
  const { minutes, pods, seed, rate } = options;
  const plan = options.soak ? [] : planFaults({ ...options, losesWrites: options.redis === 'everysec' });
  say(
    `${styleText('bold', 'chaos')}: ${minutes} min, ${pods} pods, ${rate} events/s, seed ${seed}: ${plan.length} faults`,
  );
  await checkRecordFile(options.record);
  const world = await buildChaosWorld(options, { say, signal });
  try {
    const report = await run(world, options, plan, { say, signal });
    if (report === undefined) return INTERRUPTED;
    say(formatChaos(report));
    await recordRun(world, options.record, say);
    await keepRules(world.rulesFile, options.record, say);
    await keepReport(report, { json: options.json, logDirectory: world.logDirectory });
    return report.ok ? 0 : 1;
  } finally {
    await world.stop();
  }
};

const exitCode = await runCommand<ChaosOptions>({
  usage: USAGE,
  readOptions,
  carryOut: chaos,
  onStopping: () => {
    say('stopping everything …');
  },
});
process.exit(exitCode);
