/**
 * What an event and a push cost, as measured. The benchmarks write `figures.json`; nothing in it is typed by hand. Each
 * figure names the benchmark that measures it: `npm run bench -- --only NAME`.
 */
import { namesOf } from '../../runtime/names-of.ts';
import kept from './figures.json' with { type: 'json' };

interface Meaning {
  readonly unit: 'µs' | 'B' | 'cores' | 'commands' | '';
  readonly what: string;
  readonly benchmark: 'capacity' | 'redis-memory';
}

export const FIGURES = {
  filteredCpu: meaning('µs', 'CPU of a pod for an event that is filtered before the coupon call'),
  calledCpu: meaning('µs', 'CPU of a pod for an event whose coupon call answers that there are none'),
  couponCpu: meaning('µs', 'CPU of a pod for each coupon in an answer, beyond that'),
  pushCpu: meaning('µs', 'CPU of a pod for a push: claim, queue and call, beyond that'),
  podCores: meaning('cores', 'CPU that one pod uses while its event loop has a core, and never rests'),
  poolReached: meaning('', 'calls that a pod completes, as a part of its pool ÷ the service time'),
  filteredRedis: meaning('µs', 'CPU of Redis’ thread for an event that is filtered before the coupon call'),
  calledRedis: meaning('µs', 'CPU of Redis’ thread for an event whose coupon call answers'),
  pushRedis: meaning('µs', 'CPU of Redis’ thread for a push, beyond that'),
  filteredCommands: meaning('commands', 'commands to Redis for an event that is filtered, in scripts too'),
  calledCommands: meaning('commands', 'commands to Redis for an event whose coupon call answers'),
  pushCommands: meaning('commands', 'commands to Redis for a push, beyond that'),
  outcomeBytes: meaning('B', 'a record of the outcome topic: key, value and headers, unpacked'),
  undeliveredBytes: meaning('B', 'Redis: an undelivered push’s record and index entry', 'redis-memory'),
  jobBytes: meaning('B', 'Redis: its job, while it waits or runs', 'redis-memory'),
  decidedBytes: meaning('B', 'Redis: a decided push’s record, for a day', 'redis-memory'),
  historyBytes: meaning('B', 'Redis: a user’s history with one push, for 31 days', 'redis-memory'),
  laterPushBytes: meaning('B', 'Redis: each further push in it', 'redis-memory'),
} as const satisfies Readonly<Record<string, Meaning>>;

export type FigureName = keyof typeof FIGURES;
export type Figures = Readonly<Record<FigureName, number>>;

/** As a benchmark keeps its figures. */
export interface KeptFigures {
  readonly machine: string;
  readonly values: Readonly<Partial<Record<FigureName, number>>>;
}

/** Where the benchmarks write, from the repository's root. */
export const FIGURES_FILE = 'src/cli/capacity/figures.json';

/** @throws Error where one was never measured: a defect of the program. */
export function measuredFigures(all: Readonly<Record<string, KeptFigures>> = kept): {
  readonly figures: Figures;
  readonly machines: readonly string[];
} {
  const values = namesOf(FIGURES).map((name) => {
    const value = all[FIGURES[name].benchmark]?.values[name];
    if (value === undefined || !(value >= 0))
      throw new Error(`${name} is not measured: run npm run bench -- --only ${FIGURES[name].benchmark}`);
    return [name, value] as const;
  });
  return {
    figures: Object.fromEntries(values) as Record<FigureName, number>,
    machines: [...new Set(Object.values(all).map(({ machine }) => machine))],
  };
}

function meaning(unit: Meaning['unit'], what: string, benchmark: Meaning['benchmark'] = 'capacity'): Meaning {
  return { unit, what, benchmark };
}
