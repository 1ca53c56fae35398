/**
 * `npm run bench`: every measurement that the pages quote, in one run on one machine, contenders in turn.
 * Prints the table, and writes it to `.readme/bench.json`, from which `npm run docs` makes the pages' tables.
 *
 *   npm run bench -- --only whole-flow handover     only these; the others' figures stay as they were
 *   npm run bench -- --only steady-state --events 20000 --json FILE     shorter, to try
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { silenceKafkaWarning } from '../simulation/player/kafka.ts';
import { ORIGINS_VARIABLE, readOrigins } from '../simulation/services/origins.ts';
import { backlog } from './benchmarks/backlog.ts';
import type { Benchmark } from './benchmark.ts';
import { capacity } from './benchmarks/capacity.ts';
import { decisionTopic } from './benchmarks/decision-topic.ts';
import { eta } from './benchmarks/eta.ts';
import { executorCost } from './benchmarks/executor-cost.ts';
import { flowControl } from './benchmarks/flow-control.ts';
import { handover } from './benchmarks/handover.ts';
import { openLab } from './lab.ts';
import { machineName } from './machine-name.ts';
import { parallelConsumer } from './benchmarks/parallel-consumer.ts';
import { perKeyTable } from './benchmarks/per-key-table.ts';
import { redisMemory } from './benchmarks/redis-memory.ts';
import { RESULTS_FILE, type BenchResult } from './results.ts';
import { simulate } from './benchmarks/simulate.ts';
import { skewedUsers } from './benchmarks/skewed-users.ts';
import { startStop } from './benchmarks/start-stop.ts';
import { steadyState } from './benchmarks/steady-state.ts';
import { traces } from './benchmarks/traces.ts';
import { watchers } from './benchmarks/watchers.ts';
import { wholeFlow } from './benchmarks/whole-flow.ts';

const BENCHMARKS: readonly Benchmark[] = [
  wholeFlow,
  steadyState,
  skewedUsers,
  perKeyTable,
  parallelConsumer,
  executorCost,
  flowControl,
  handover,
  startStop,
  backlog,
  eta,
  redisMemory,
  simulate,
  decisionTopic,
  traces,
  watchers,
  capacity,
];

const MIN_EVENTS = 1000;

const command = new Command('bench')
  .addOption(new Option('--only <names...>', 'only these').choices(BENCHMARKS.map(({ name }) => name)))
  .option('--rounds <n>', 'rounds of each, contenders in turn', Number, 3)
  .option('--events <n>', 'in steady-state', Number)
  .option('--origins <list>', 'where services may come from: given, docker, local')
  .option('--json <file>', 'where the figures are written', RESULTS_FILE)
  .parse();
const { only, rounds, events, json, origins } = command.opts<{
  only?: string[];
  rounds: number;
  events?: number;
  json: string;
  origins?: string;
}>();
if (!Number.isInteger(rounds) || rounds < 1) command.error('--rounds: expected a whole number ≥ 1');
// Fewer make parts that say nothing.
if (events !== undefined && !(Number.isInteger(events) && events >= MIN_EVENTS))
  command.error(`--events: expected a whole number ≥ ${String(MIN_EVENTS)}`);

if (origins !== undefined) {
  readOrigins(origins, '--origins');
  // For every benchmark, those that start services of their own included.
  process.env[ORIGINS_VARIABLE] = origins;
}

silenceKafkaWarning();
const say = (line: string): void => {
  console.log(line);
};
const known = JSON.parse(await readFile(json, 'utf8').catch(() => '[]')) as BenchResult[];
const results = new Map(known.map((result) => [result.name, result]));
const lab = await openLab(say);
let isMissed = false;
try {
  for (const benchmark of BENCHMARKS) {
    if (only !== undefined && !only.includes(benchmark.name)) continue;
    const { name, title } = benchmark;
    const workload = typeof benchmark.workload === 'string' ? benchmark.workload : benchmark.workload(events);
    say(`\n${title}: ${workload}`);
    const startedMs = performance.now();
    const figures = await benchmark.run(lab, rounds, events);
    for (const { measured, value, reach, met } of figures) {
      const verdict = reach === undefined ? '' : `   ${met === true ? 'within' : 'NOT within'} ${reach}`;
      say(`  ${measured.padEnd(84)} ${value}${verdict}`);
      isMissed ||= met === false;
    }
    say(`  (${((performance.now() - startedMs) / 1000).toFixed(0)} s)`);
    results.set(name, { name, title, workload, rounds, machine: machineName(), figures });
    const inOrder = BENCHMARKS.flatMap((one) => results.get(one.name) ?? []);
    await writeFile(json, `${JSON.stringify(inOrder, null, 2)}\n`);
  }
} finally {
  await lab.stop();
}
process.exitCode = isMissed ? 1 : 0;
