/** What `coupon-notifier capacity` says for three loads, asked of the command itself. */
import { capacityCommand } from '../../src/cli/capacity/command.ts';
import { formatBytes } from '../../src/cli/capacity/format-bytes.ts';
import { runCommand } from '../support/cli/run-command.ts';
import type { Plan, REMEDIES } from '../../src/cli/capacity/plan.ts';

const LOADS = [1000, 10_000, 100_000];
/** As the page names them. */
export const SHOWN_OPTIONS = ['--coupon-p50-ms', '100', '--asked-percent', '60', '--pushed-percent', '1'];

type Said = Plan & { readonly limits: readonly { readonly part: keyof typeof REMEDIES }[] };

const count = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
const percent = (share: number): string => `${count(100 * share)} %`;

export async function capacityTable(): Promise<string> {
  const plans = await Promise.all(LOADS.map(async (load) => ({ load, plan: await ask(load) })));
  const row = (name: string, of: (plan: Said) => string): string =>
    `| ${name} | ${plans.map(({ plan }) => of(plan)).join(' | ')} |`;
  return [
    `\`npm run capacity -- --events-per-second N ${SHOWN_OPTIONS.join(' ')}\`, everything else as it is by default:`,
    '',
    `| | ${LOADS.map((load) => `${count(load)} events/s`).join(' | ')} |`,
    `| --- |${' --- |'.repeat(LOADS.length)}`,
    row('pods, partitions', ({ pods, partitions }) => `${count(pods)}, ${count(partitions)}`),
    row('calls in flight a pod: mean; if all were as slow as the p99', ({ inFlight }) =>
      [inFlight.mean, inFlight.slow].map(count).join('; '),
    ),
    row('`COUPON_API_CONCURRENCY`', ({ poolSize }) => String(poolSize)),
    row('CPU', ({ cpu }) => `${count(cpu.cores)} cores, ${percent(cpu.share)}`),
    row('pushes a second', ({ pushesPerSecond }) => count(pushesPerSecond)),
    row(
      'commands to Redis a second; of its thread',
      ({ redis }) => `${count(redis.commandsPerSecond)}; ${percent(redis.share)}`,
    ),
    row(
      'memory in Redis: after a day, after 30',
      ({ redis: { memory } }) => `${formatBytes(memory.afterDay)}, ${formatBytes(memory.after30Days)}`,
    ),
    row(
      'Kafka: events, outcomes',
      ({ kafka }) => `${formatBytes(kafka.events)}/s, ${formatBytes(kafka.outcomes)}/s`,
    ),
    row('gives out first', ({ limits: [first] }) =>
      first === undefined ? '–' : `${first.part}, at ${count(first.eventsPerSecond)} events/s`,
    ),
    row('carried', ({ holds }) => (holds ? 'yes' : '**no**')),
  ].join('\n');
}

async function ask(load: number): Promise<Said> {
  const args = ['--events-per-second', String(load), ...SHOWN_OPTIONS, '--json'];
  const { code, said, complained } = await runCommand(capacityCommand, args, { env: {} });
  // A load that is not carried is an answer, too.
  if (code !== 0 && !said.startsWith('{')) throw new Error(complained);
  return JSON.parse(said) as Said;
}
