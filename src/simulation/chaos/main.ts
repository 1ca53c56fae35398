/**
 * `npm run chaos`: the whole service under load while pods, services, partners, clocks and the network between them
 * fail by a schedule that a seed repeats, and its promises checked from outside. Exit code 0: all kept; 1: one was
 * broken, or the run could not be made; 130: interrupted.
 */
import { cp, writeFile } from 'node:fs/promises';
import { styleText } from 'node:util';
import { silenceKafkaWarning } from '../player/kafka.ts';
import { buildChaosWorld } from './chaos-world.ts';
import { type ChaosOptions, readOptions, USAGE } from './options.ts';
import { formatChaos } from './report.ts';
import { run } from './run.ts';
import { planFaults } from './schedule.ts';

const INTERRUPTED = 130;

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
  const world = await buildChaosWorld(options, { say, signal });
  try {
    const report = await run(world, options, plan, { say, signal });
    if (report === undefined) return INTERRUPTED;
    say(formatChaos(report));
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    if (!report.ok) {
      const kept = `${world.logDirectory}-kept`;
      await cp(world.logDirectory, kept, { recursive: true });
      say(`  The pods' logs are in ${kept}\n`);
    }
    return report.ok ? 0 : 1;
  } finally {
    await world.stop();
  }
};

const main = async (): Promise<number> => {
  let options: ChaosOptions | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 1;
  }
  if (options === undefined) {
    say(USAGE);
    return 0;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      // A second time: at once. The guards clean up.
      if (stopping.signal.aborted) process.exit(INTERRUPTED);
      stopping.abort();
      say('stopping everything …');
    });
  try {
    return await chaos(options, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return INTERRUPTED;
    console.error(styleText('red', error instanceof Error ? error.message : String(error)));
    return 1;
  }
};

process.exit(await main());
