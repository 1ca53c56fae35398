/** What is read at each flush and scrape instead of being counted as it happens. */
import type { Clock } from '../runtime/clock.ts';
import { METRICS, type GaugeName, type MetricName, type MetricTags } from './metric-table.ts';
import type { TagValues } from './series-set.ts';

export interface GaugeReading {
  readonly name: MetricName;
  readonly tags: TagValues;
  readonly value: number;
}

export interface GaugeSources {
  readonly isReady: () => boolean;
  /** Epoch ms. */
  readonly startedAtMs: number;
  /** Events received without outcome. */
  readonly inFlight: () => number;
  readonly partitions: () => readonly {
    readonly topic: string;
    readonly partition: number;
    /** Null while it is not known: then no gauge is read. */
    readonly lag: number | null;
    readonly behindSeconds: number | null;
  }[];
  /** Lag that more pods would help with. */
  readonly curableLag: () => number;
  /** What events wait for, by names that are few. */
  readonly waiting: () => readonly { readonly for: string; readonly events: number }[];
  /** Jobs by their state, as known last. */
  readonly queueDepths: () => Readonly<Record<MetricTags<'queue.depth'>['state'], number>>;
  /** Which of the two holds pushes back, as known last. */
  readonly killSwitch: () => Readonly<Record<MetricTags<'kill_switch'>['source'], boolean>>;
  /** The rules in force, and since when (RFC 3339); undefined while there are none. */
  readonly rules: () => { readonly version: string | undefined; readonly loadedAt: string | undefined };
  readonly eventLoopP99Ms: () => number;
  readonly isBreakerClosed: () => boolean;
}

/** What was waited for once stays, at 0, so that whoever looks sees the wait end. */
const MAX_REMEMBERED = 30;

/** @returns what reads every gauge. O(partitions). */
export function createGauges(sources: GaugeSources, clock: Clock): () => readonly GaugeReading[] {
  const waitedFor = new Set<string>();
  return () => {
    const { version, loadedAt } = sources.rules();
    const events = new Map([...waitedFor].map((name) => [name, 0]));
    for (const wait of sources.waiting()) {
      events.set(wait.for, (events.get(wait.for) ?? 0) + wait.events);
      if (waitedFor.size < MAX_REMEMBERED) waitedFor.add(wait.for);
    }
    return [
      gauge('ready', Number(sources.isReady()), {}),
      gauge('uptime_seconds', (clock.now() - sources.startedAtMs) / 1000, {}),
      gauge('in_flight', sources.inFlight(), {}),
      ...sources.partitions().flatMap(({ topic, partition, lag, behindSeconds }) => {
        const tags = { topic, partition: String(partition) };
        return [
          ...(lag === null ? [] : [gauge('lag', lag, tags)]),
          ...(behindSeconds === null ? [] : [gauge('behind_seconds', behindSeconds, tags)]),
        ];
      }),
      gauge('curable_lag', sources.curableLag(), {}),
      ...[...events].map(([name, count]) => gauge('waiting', count, { for: name })),
      ...Object.entries(sources.queueDepths()).map(([state, depth]) =>
        gauge('queue.depth', depth, { state: state as MetricTags<'queue.depth'>['state'] }),
      ),
      ...Object.entries(sources.killSwitch()).map(([source, holds]) =>
        gauge('kill_switch', Number(holds), { source: source as MetricTags<'kill_switch'>['source'] }),
      ),
      ...(version === undefined || loadedAt === undefined
        ? []
        : [
            gauge('rules.age_seconds', (clock.now() - Date.parse(loadedAt)) / 1000, {
              rules_version: version,
            }),
          ]),
      gauge('event_loop.delay_p99_ms', sources.eventLoopP99Ms(), {}),
      gauge('breaker.open', sources.isBreakerClosed() ? 0 : 1, {}),
    ];
  };
}

function gauge<N extends GaugeName>(name: N, value: number, tags: MetricTags<N>): GaugeReading {
  const given = tags as Readonly<Record<string, string>>;
  const values = Object.keys(METRICS[name].tags).map((tag) => [tag, given[tag] ?? ''] as const);
  return { name, tags: values, value };
}
