/**
 * What one event costs by what becomes of it, and what `coupon-notifier capacity` foretells from that: three pods under
 * a mix of answers that none of the costs was measured with, foretold and measured.
 */
import { namesOf } from '../../../src/runtime/names-of.ts';
import { openTopicReader } from '../../../src/kafka/fetch/topic-reader.ts';
import { measuredFigures, type FigureName, type Figures } from '../../../src/cli/capacity/figures.ts';
import { podRates, type Latency, type Load } from '../../../src/cli/capacity/model.ts';
import { silentLogger } from '../../support/silent-logger.ts';
import { benchRules } from '../bench-rules.ts';
import { figure, judged, type Benchmark, type Figure } from '../benchmark.ts';
import type { AnswerShare } from '../coupon-answers.ts';
import type { StubSettings } from '../coupon-stub-client.ts';
import { benchEvents } from '../events.ts';
import { keepFigures } from '../kept-figures.ts';
import type { Lab } from '../lab.ts';
import { median, medianOf, whole } from '../statistics.ts';
import { runSteady, type Steady } from '../steady.ts';

const EVENTS = 50_000;
const USERS = 20_000;
const PARTITIONS = 12;
/** Code is compiled and caches are full by then. */
const WARM = 15_000;
const SOME_COUPONS = 4;
const PUSHED = 0.1;
const UNASKED_HALF = 0.5;
const PUSH_MS = 40;
const WAITING_POOL = 32;
const REACH_PERCENT = 15;

/** Of the set-ups: a third is filtered before, half of the answers have coupons, few of them a good one. */
const UNASKED = 0.3;
const MIX: readonly AnswerShare[] = [
  { share: 0.5, coupons: 0 },
  { share: 0.3, coupons: 3 },
  { share: 0.15, coupons: 8 },
  { share: 0.05, coupons: 3, isPushed: true },
];
const COUPONS_PER_ANSWER = MIX.reduce((sum, { share, coupons }) => sum + share * coupons, 0);
const PUSHED_ANSWERS = MIX.reduce((sum, { share, isPushed }) => sum + (isPushed === true ? share : 0), 0);

interface SetUp {
  readonly title: string;
  readonly poolSize: number;
  readonly stub: StubSettings;
  readonly coupon: Latency;
  /** Foretold by the CPU that the pod got. */
  readonly isCpuBound?: boolean;
  readonly from: number;
  readonly to: number;
}

/**
 * A uniform time is told to the model as the lognormal one with the same mean. Where the pool is the bound, it is small:
 * the services and the partner share the machine, and have to be quick then.
 */
const SET_UPS: readonly SetUp[] = [
  {
    title: 'pool of 128, calls of 0–5 ms',
    isCpuBound: true,
    ...{
      poolSize: 128,
      stub: { maxDelayMs: 5 },
      coupon: { p50Ms: 2.5, p99Ms: 2.5 },
      from: WARM,
      to: 30_000,
    },
  },
  lognormal('pool of 32, p50 100 ms, p99 300 ms', 32, { p50Ms: 100, p99Ms: 300 }, 1000, 6000),
  lognormal('pool of 8, p50 20 ms, p99 80 ms', 8, { p50Ms: 20, p99Ms: 80 }, 1000, 6000),
];

function lognormal(title: string, poolSize: number, coupon: Latency, from: number, to: number): SetUp {
  return { title, poolSize, stub: { maxDelayMs: 0, lognormal: coupon }, coupon, from, to };
}

/** What the costs are measured with. */
type Kind = 'called' | 'filtered' | 'coupons' | 'pushed' | 'waiting';

export const capacity: Benchmark = {
  name: 'capacity',
  title: 'capacity, foretold and measured',
  workload: `one warm pod behind a backlog, ${String(PARTITIONS)} partitions, ${whole(USERS)} users, outcome topic on; costs by events of one kind, calls of 0–5 ms; foretold: ${String(100 * UNASKED)} % filtered before the call, ${COUPONS_PER_ANSWER.toFixed(1)} coupons an answer, ${String(100 * PUSHED_ANSWERS)} % of the answers pushed`,
  async run(lab, rounds) {
    const [all, half, mixed, outcomes, rules] = await Promise.all([
      lab.topic(PARTITIONS, benchEvents(EVENTS, USERS)),
      lab.topic(PARTITIONS, benchEvents(EVENTS, USERS, 0, UNASKED_HALF)),
      lab.topic(PARTITIONS, benchEvents(EVENTS, USERS, 0, UNASKED)),
      lab.topic(PARTITIONS, []),
      lab.rules(benchRules(new Date(), 100)),
    ]);
    const env = { KAFKA_OUTCOME_TOPIC: outcomes, RULES_S3_URI: rules, PUSH_API_URL: lab.stub.url };
    const usual = { topic: all, env, askedShare: 1, from: WARM, to: 45_000 };
    const stub = { maxDelayMs: 5, pushMs: PUSH_MS };
    const pushed = {
      mix: [
        { share: PUSHED, coupons: 1, isPushed: true },
        { share: 1 - PUSHED, coupons: 0 },
      ],
    };
    const slow = {
      ...{ ...usual, from: 1000, to: 6000, stub: { maxDelayMs: 100 } },
      env: { ...env, COUPON_API_CONCURRENCY: String(WAITING_POOL) },
    };
    const kinds: Readonly<Record<Kind, () => Promise<Steady>>> = {
      called: () => runSteady(lab, { ...usual, stub }),
      filtered: () =>
        runSteady(lab, {
          ...usual,
          topic: half,
          askedShare: 1 - UNASKED_HALF,
          stub,
          from: WARM / 2,
          to: 22_000,
        }),
      coupons: () => runSteady(lab, { ...usual, stub: { ...stub, coupons: SOME_COUPONS } }),
      pushed: () => runSteady(lab, { ...usual, stub: { ...stub, ...pushed }, to: 35_000 }),
      waiting: () => runSteady(lab, slow),
    };
    const costs: Record<Kind, Steady[]> = { called: [], filtered: [], coupons: [], pushed: [], waiting: [] };
    const measured = SET_UPS.map((): Steady[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of namesOf(kinds)) {
        const run = await kinds[kind]();
        costs[kind].push(run);
        lab.say(`  round ${String(round + 1)}, ${kind}: ${told(run)}`);
      }
      for (const [at, { title, poolSize, stub: answers, from, to }] of SET_UPS.entries()) {
        const pod = { ...env, COUPON_API_CONCURRENCY: String(poolSize) };
        const settings = { ...answers, mix: MIX, pushMs: PUSH_MS };
        const run = await runSteady(lab, {
          ...{ topic: mixed, env: pod, askedShare: 1 - UNASKED, stub: settings, from, to },
        });
        measured[at]?.push(run);
        lab.say(`  round ${String(round + 1)}, ${title}: ${told(run)}`);
      }
    }
    const values = { ...costsOf(costs), outcomeBytes: await bytesARecord(lab, outcomes) };
    await keepFigures('capacity', values);
    const coresLeft = medianOf([...costs.called, ...costs.coupons], (run) => run.cores);
    return [
      figure(
        'CPU that the machine left a pod that never rests: far from the next, costs are too high',
        `${coresLeft.toFixed(2)} cores`,
      ),
      ...figuresOf(values),
      ...SET_UPS.flatMap((setUp, at) => compare(setUp, measured[at] ?? [], values)),
    ];
  },
};

type Costs = Omit<Figures, 'outcomeBytes' | `${string}Bytes`>;

/** Each cost is what a load has more than the one without it. */
function costsOf({ called, filtered, coupons, pushed, waiting }: Record<Kind, readonly Steady[]>): Costs {
  const of = (read: (run: Steady) => number) => ({
    called: medianOf(called, read),
    filtered: Math.max(
      0,
      (medianOf(filtered, read) - (1 - UNASKED_HALF) * medianOf(called, read)) / UNASKED_HALF,
    ),
    coupon: Math.max(0, (medianOf(coupons, read) - medianOf(called, read)) / SOME_COUPONS),
    pushed: medianOf(pushed, read) - medianOf(called, read),
  });
  const cpu = of((run) => run.cpuMicros);
  const redis = of((run) => run.redisMicros);
  const commands = of((run) => run.redisCommands);
  const pushes = medianOf(pushed, (run) => run.pushes);
  return {
    ...{ filteredCpu: cpu.filtered, calledCpu: cpu.called, couponCpu: cpu.coupon },
    pushCpu: Math.max(0, (cpu.pushed - PUSHED * cpu.coupon) / pushes),
    podCores: medianOf([...called, ...coupons, ...pushed], (run) => run.coresALoop),
    poolReached: medianOf(waiting, (run) => (run.eventsPerSecond * run.serviceMs) / 1000 / WAITING_POOL),
    ...{ filteredRedis: redis.filtered, calledRedis: redis.called, pushRedis: redis.pushed / pushes },
    ...{ filteredCommands: commands.filtered, calledCommands: commands.called },
    pushCommands: commands.pushed / pushes,
  };
}

function figuresOf(values: Costs & { readonly outcomeBytes: number }): Figure[] {
  const us = (value: number): string => `${value.toFixed(0)} µs`;
  return [
    figure('CPU of an event that is filtered before the coupon call', us(values.filteredCpu)),
    figure('… whose coupon call answers “none”', us(values.calledCpu)),
    figure('… more for each coupon in the answer', `${values.couponCpu.toFixed(1)} µs`),
    figure('… more for a push: claim, queue, call', us(values.pushCpu)),
    figure('CPU of a pod whose event loop has a core and never rests', `${values.podCores.toFixed(2)} cores`),
    figure('of cap ÷ service time, calls of 0–100 ms', values.poolReached.toFixed(2)),
    figure(
      'Redis’ thread: an event filtered before, asked, a push more',
      [values.filteredRedis, values.calledRedis, values.pushRedis].map(us).join(', '),
    ),
    figure(
      'commands to Redis, in scripts too: the same',
      [values.filteredCommands, values.calledCommands, values.pushCommands]
        .map((n) => n.toFixed(1))
        .join(', '),
    ),
    figure('a record of the outcome topic', `${values.outcomeBytes.toFixed(0)} B`),
  ];
}

/** By the very code of `coupon-notifier capacity`. */
function compare(
  setUp: SetUp,
  runs: readonly Steady[],
  values: Partial<Record<FigureName, number>>,
): Figure[] {
  const { title, poolSize, coupon, isCpuBound = false } = setUp;
  const load: Load = {
    ...{ eventsPerSecond: 1, eventBytes: 300, askedShare: 1 - UNASKED, couponsPerAnswer: COUPONS_PER_ANSWER },
    ...{ pushShare: (1 - UNASKED) * PUSHED_ANSWERS, coupon, push: { p50Ms: PUSH_MS, p99Ms: PUSH_MS } },
  };
  const { figures } = measuredFigures({
    capacity: { machine: '', values },
    'redis-memory': { machine: '', values: NO_MEMORY },
  });
  const rates = podRates(load, { poolSize, pushConcurrency: 32, speed: 1 }, figures);
  // What the services and the partner leave a pod of two cores differs from minute to minute.
  const cores = medianOf(runs, (run) => run.cores);
  const cpu = isCpuBound ? (rates.cpu * cores) / figures.podCores : rates.cpu;
  const foretold = Math.min(cpu, rates.pool, rates.pushes);
  const bound =
    foretold === cpu
      ? `CPU (${cores.toFixed(2)} cores)`
      : foretold === rates.pool
        ? 'the pool'
        : 'push calls';
  const eventsPerSecond = median(runs.map((run) => run.eventsPerSecond));
  const offPercent = 100 * (foretold / eventsPerSecond - 1);
  return [
    judged(
      `${title}: foretold ${whole(foretold)}/s, bound by ${bound}; measured ${whole(eventsPerSecond)}/s`,
      `${offPercent < 0 ? '−' : '+'}${Math.abs(offPercent).toFixed(0)} %`,
      `± ${String(REACH_PERCENT)} %`,
      Math.abs(offPercent) <= REACH_PERCENT,
    ),
  ];
}

/** What one pod gets done does not ask for it. */
const NO_MEMORY = {
  ...{ undeliveredBytes: 0, jobBytes: 0, decidedBytes: 0, historyBytes: 0, laterPushBytes: 0 },
};
const SOME_RECORDS = 2000;

async function bytesARecord(lab: Lab, topic: string): Promise<number> {
  const brokers = (lab.services['KAFKA_BROKERS'] ?? '').split(',');
  const reader = await openTopicReader({
    ...{ connection: { brokers, clientId: 'bench' }, topic, logger: silentLogger },
  });
  try {
    let [records, bytes] = [0, 0];
    const spans = await reader.span(0, undefined);
    for (const span of spans.slice(0, 1)) {
      for await (const { key, value, headers } of reader.read(span)) {
        records += 1;
        bytes += (key?.length ?? 0) + (value?.length ?? 0);
        for (const [name, header] of Object.entries(headers)) bytes += name.length + String(header).length;
        if (records >= SOME_RECORDS) break;
      }
    }
    return bytes / records;
  } finally {
    await reader.close();
  }
}

function told({
  eventsPerSecond,
  cpuMicros,
  redisMicros,
  pushes,
  cores,
  coresALoop,
  serviceMs,
}: Steady): string {
  return `${whole(eventsPerSecond)}/s, ${cpuMicros.toFixed(0)} µs, Redis ${redisMicros.toFixed(0)} µs, ${(100 * pushes).toFixed(1)} % pushed, ${cores.toFixed(2)} cores, ${coresALoop.toFixed(2)} a loop, calls of ${serviceMs.toFixed(1)} ms`;
}
