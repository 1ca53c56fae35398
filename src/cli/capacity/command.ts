/** `coupon-notifier capacity --events-per-second N …`. Asks nobody: it reckons with what was measured. */
import { InvalidArgumentError } from 'commander';
import type { Command } from '../command.ts';
import { createProgram, runProgram } from '../program.ts';
import { measuredFigures } from './figures.ts';
import { planCapacity, REMEDIES, type Question } from './plan.ts';
import { inWords } from './words.ts';

const HELP = `
Exit codes: 0 what is given carries the load; 1 it does not, or an option is wrong.
Needs no variable, and asks no service. Calls are taken as lognormal. Figures: npm run bench.`;

interface Flags {
  readonly eventsPerSecond: number;
  readonly eventBytes: number;
  readonly askedPercent: number;
  readonly couponsPerAnswer: number;
  readonly pushedPercent: number;
  readonly couponP50Ms: number;
  readonly couponP99Ms?: number;
  readonly pushP50Ms: number;
  readonly pushP99Ms?: number;
  readonly users?: number;
  readonly pushWait: number;
  readonly pods?: number;
  readonly partitions?: number;
  readonly pool?: number;
  readonly pushPool: number;
  readonly couponCalls?: number;
  readonly pushRate?: number;
  readonly redisMasters: number;
  readonly cpuSpeed: number;
  readonly headroomPercent: number;
  readonly replicas: number;
  readonly json?: true;
}

/** A partner's slowest call of a hundred, where only the median is told. */
const SLOW = 4;

export const capacityCommand: Command = async (args, line, calledAs) => {
  let exitCode: 0 | 1 = 0;
  const program = createProgram(calledAs, line)
    .description('Pods, partitions, calls, Redis and Kafka for a load, and what gives out first as it grows.')
    .requiredOption('--events-per-second <number>', 'location events a second, at the peak', above0)
    .option('--coupon-p50-ms <ms>', 'half of the coupon calls are faster', above0, 50)
    .option('--coupon-p99-ms <ms>', 'one of a hundred is slower; default: 4 times the p50', above0)
    .option('--asked-percent <percent>', 'events that get to the coupon call, of all', percent, 100)
    .option('--coupons-per-answer <number>', 'on average', from0, 2)
    .option('--pushed-percent <percent>', 'events that become a push, of all', percent, 2)
    .option('--push-p50-ms <ms>', 'half of the push calls are faster', above0, 100)
    .option('--push-p99-ms <ms>', 'one of a hundred is slower; default: 4 times the p50', above0)
    .option('--push-wait <seconds>', 'from a claim to its send', from0, 5)
    .option('--event-bytes <bytes>', 'of a record in Kafka', whole(1), 300)
    .option('--users <number>', 'whose pushes they are; default: a push a day each', whole(1))
    .option('--pods <number>', 'that there are; default: what the load needs', whole(1))
    .option('--partitions <number>', 'of the topic; default: for twice the pods, at least 12', whole(1))
    .option('--pool <number>', 'COUPON_API_CONCURRENCY; default: what the calls need', whole(1))
    .option('--push-pool <number>', 'PUSH_API_CONCURRENCY', whole(1), 32)
    .option(
      '--coupon-calls <number>',
      'most calls that the coupon API answers at once; default: no end',
      above0,
    )
    .option('--push-rate <number>', 'most pushes a second that the push API takes; default: no end', above0)
    .option('--redis-masters <number>', 'of a Redis Cluster', whole(1), 1)
    .option('--replicas <number>', 'copies of a record in Kafka', whole(1), 3)
    .option('--cpu-speed <factor>', 'of a pod’s core, against the one of the figures', above0, 1)
    .option('--headroom-percent <percent>', 'of each pod that stays free', percent, 30)
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((flags: Flags) => {
      const question = questionOf(flags);
      const { figures, machines } = measuredFigures();
      const plan = planCapacity(question, figures);
      if (flags.json === true) {
        const limits = plan.limits.map((limit) => ({ ...limit, remedy: REMEDIES[limit.part] }));
        line.say(JSON.stringify({ ...plan, limits, measuredOn: machines }, undefined, 2));
      } else for (const one of inWords(question, plan, machines)) line.say(one);
      exitCode = plan.holds ? 0 : 1;
    });
  return (await runProgram(program, args, line)) ?? exitCode;
};

/** @throws Error that names the option where two don't fit each other. */
function questionOf(flags: Flags): Question {
  const { askedPercent, pushedPercent, headroomPercent, couponP50Ms, pushP50Ms } = flags;
  const { couponP99Ms = SLOW * couponP50Ms, pushP99Ms = SLOW * pushP50Ms } = flags;
  if (couponP99Ms < couponP50Ms)
    throw new Error(
      `--coupon-p99-ms: expected no less than --coupon-p50-ms, which is ${String(couponP50Ms)}`,
    );
  if (pushP99Ms < pushP50Ms)
    throw new Error(`--push-p99-ms: expected no less than --push-p50-ms, which is ${String(pushP50Ms)}`);
  if (pushedPercent > askedPercent)
    throw new Error(
      `--pushed-percent: expected no more than --asked-percent, which is ${String(askedPercent)}`,
    );
  if (headroomPercent > 95) throw new Error('--headroom-percent: expected a number from 0 to 95');
  return {
    ...{ eventsPerSecond: flags.eventsPerSecond, eventBytes: flags.eventBytes, users: flags.users },
    ...{ askedShare: askedPercent / 100, pushShare: pushedPercent / 100, headroom: headroomPercent / 100 },
    ...{ couponsPerAnswer: flags.couponsPerAnswer, pushWaitSeconds: flags.pushWait },
    coupon: { p50Ms: couponP50Ms, p99Ms: couponP99Ms },
    push: { p50Ms: pushP50Ms, p99Ms: pushP99Ms },
    ...{ pods: flags.pods, partitions: flags.partitions, poolSize: flags.pool, speed: flags.cpuSpeed },
    ...{
      pushConcurrency: flags.pushPool,
      couponCallsAtMost: flags.couponCalls,
      pushesAtMost: flags.pushRate,
    },
    ...{ redisMasters: flags.redisMasters, replicas: flags.replicas },
  };
}

const MOST = 1e9;

function numberOf(text: string): number {
  return /^\d{1,10}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
}

function above0(text: string): number {
  const value = numberOf(text);
  if (!(value > 0 && value <= MOST))
    throw new InvalidArgumentError('Expected a number above 0, a milliard at most.');
  return value;
}

function from0(text: string): number {
  const value = numberOf(text);
  if (!(value >= 0 && value <= MOST))
    throw new InvalidArgumentError('Expected a number from 0, a milliard at most.');
  return value;
}

function percent(text: string): number {
  const value = numberOf(text);
  if (!(value >= 0 && value <= 100)) throw new InvalidArgumentError('Expected a number from 0 to 100.');
  return value;
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = numberOf(text);
    if (!Number.isInteger(value) || value < least || value > MOST)
      throw new InvalidArgumentError(`Expected a whole number from ${String(least)}, a milliard at most.`);
    return value;
  };
}
