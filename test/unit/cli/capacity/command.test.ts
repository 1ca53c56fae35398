/** `coupon-notifier capacity` as it is called: options, exit codes, answers, and the figures that it goes by. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { capacityCommand } from '../../../../src/cli/capacity/command.ts';
import { FIGURES, measuredFigures } from '../../../../src/cli/capacity/figures.ts';
import { formatBytes } from '../../../../src/cli/capacity/format-bytes.ts';
import type { Plan } from '../../../../src/cli/capacity/plan.ts';
import { namesOf } from '../../../../src/runtime/names-of.ts';

async function run(...args: string[]) {
  const said: string[] = [];
  const complained: string[] = [];
  const code = await capacityCommand(
    args,
    { env: {}, say: (line) => said.push(line), complain: (line) => complained.push(line) },
    'npm run capacity --',
  );
  return { code, said: said.join('\n'), complained: complained.join('\n') };
}

it('says what a load needs, a line for each part', async () => {
  const { code, said, complained } = await run('--events-per-second', '1000', '--coupon-p50-ms', '100');
  expect({ code, complained }).toEqual({ code: 0, complained: '' });
  for (const word of [
    'pods',
    'partitions',
    'calls in flight',
    'COUPON_API_CONCURRENCY=',
    'CPU',
    'Redis',
    'Kafka',
  ])
    expect(said).toContain(word);
  expect(said).toMatch(/gives out at, first things first\n {2}\S/);
});

it('ends with 1 where what is given does not carry the load, and says which part gives out', async () => {
  const { code, said } = await run('--events-per-second', '1000', '--push-rate', '1');
  expect(code).toBe(1);
  expect(said).toContain('The load is NOT carried: the push API’s rate gives out at 50 events/s.');
});

it('--json has the same for programs', async () => {
  const { code, said } = await run('--events-per-second', '1000', '--json');
  const plan = JSON.parse(said) as Plan;
  expect(code).toBe(0);
  expect(plan).toMatchObject({ pods: 2, partitions: 12, poolSize: 128, holds: true });
  expect(plan.limits.length).toBeGreaterThan(3);
});

it.each([
  [[], '--events-per-second'],
  [['--events-per-second', '0'], '--events-per-second'],
  [['--events-per-second', 'many'], '--events-per-second'],
  [['--events-per-second', '9', '--pods', '1.5'], '--pods'],
  [['--events-per-second', '9', '--asked-percent', '101'], '--asked-percent'],
  [['--events-per-second', '9', '--coupon-p50-ms', '9', '--coupon-p99-ms', '8'], '--coupon-p99-ms'],
  [['--events-per-second', '9', '--push-p50-ms', '9', '--push-p99-ms', '8'], '--push-p99-ms'],
  [['--events-per-second', '9', '--asked-percent', '3', '--pushed-percent', '4'], '--pushed-percent'],
  [['--events-per-second', '9', '--headroom-percent', '96'], '--headroom-percent'],
])('%j is refused, by the option’s name', async (args, option) => {
  const { code, said, complained } = await run(...args);
  expect({ code, said }).toEqual({ code: 1, said: '' });
  expect(complained.split('\n')[0]).toContain(option);
});

it('--help names the exit codes, and ends with 0', async () => {
  const { code, said } = await run('--help');
  expect(code).toBe(0);
  expect(said).toContain('Exit codes: 0');
});

it('every figure was measured by a benchmark that there is', () => {
  const { figures, machines } = measuredFigures();
  expect(Object.keys(figures)).toEqual(namesOf(FIGURES));
  expect(machines).not.toEqual([]);
  const benchmarks = readFileSync('test/bench/main.ts', 'utf8');
  for (const { benchmark } of Object.values(FIGURES)) expect(benchmarks).toContain(`/${benchmark}.ts'`);
});

it('a figure that is missing is named, with the command that measures it', () => {
  expect(() => measuredFigures({})).toThrow(
    'filteredCpu is not measured: run npm run bench -- --only capacity',
  );
});

it('bytes in the unit that a person reads', () => {
  expect([0, 999, 1000, 2.5e9, 12e12].map(formatBytes)).toEqual(['0 B', '999 B', '1 kB', '2.5 GB', '12 TB']);
});
