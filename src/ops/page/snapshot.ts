/**
 * What a pod tells the others of itself, for the page: what its `/status` says, and paces. It is bounded, however many
 * partitions the pod has and however long the texts are. It holds no user, coupon or event.
 */
import type { PartitionStatus } from '../../domain/partition-status.ts';
import type { DeadLetterReason } from '../../domain/outcome.ts';
import type { Status } from '../status.ts';
import { COUNTERS, countsOf, DEAD_LETTERED, type Counts } from './counters.ts';
import { createRates } from './rates.ts';

/** Another number: another version's, which this one can't read. */
export const FORM = 1;
const MOST_PARTITIONS = 64;
const MOST_ROWS = 16;
const LONGEST_TEXT = 200;

export type SnapshotPartition = Pick<
  PartitionStatus,
  'topic' | 'partition' | 'lag' | 'inFlight' | 'fault' | 'behindSeconds' | 'etaSeconds'
>;

/** What of `/status` is told as it stands there. */
type Told = Pick<
  Status,
  | 'pod'
  | 'version'
  | 'uptimeSeconds'
  | 'condition'
  | 'inFlight'
  | 'killSwitch'
  | 'couponApi'
  | 'pushApi'
  | 'queue'
>;

export interface PodSnapshot extends Told {
  readonly form: typeof FORM;
  /** Its pod's name and when that started: two lives of one name count apart. */
  readonly life: string;
  /** `all`, or which lane; a dry run's pod is marked. */
  readonly lane: string;
  readonly dryRun: boolean;
  readonly away: readonly string[];
  readonly reasons: readonly string[];
  /** Why it is not ready; empty while it is. */
  readonly notReady: readonly string[];
  readonly warnings: readonly string[];
  readonly waiting: Status['waiting'];
  readonly counts: Counts;
  /** Per second, over the last 10 s. */
  readonly rates: Counts;
  /** Epoch ms of the latest of each reason, within a second; absent: none since the pod started. */
  readonly deadLetteredAtMs: Readonly<Partial<Record<DeadLetterReason, number>>>;
  /** Those furthest behind. */
  readonly partitions: readonly SnapshotPartition[];
  /** How many it has. */
  readonly partitionCount: number;
  readonly lag: number;
  readonly rules: Pick<Status['rules'], 'version' | 'hash' | 'loadedAt' | 'lastError'>;
  readonly merchants: Pick<Status['rules'], 'version' | 'hash' | 'loadedAt' | 'lastError'> | null;
  readonly logLinesDropped: number;
}

export interface SnapshotSource {
  /** Costs no call. */
  readonly status: () => Status;
  readonly notReady: () => readonly string[];
  readonly lane: string;
  readonly dryRun: boolean;
  readonly life: string;
  /** Of every text that is told: takes secrets out. */
  readonly mask: (text: string) => string;
}

/**
 * @returns what the pod says now. It is to be called each second or so: paces and times are those of the looks.
 * The function's `nowMs` is epoch ms, its `monotonicMs` any clock's that never goes back.
 */
export function createSnapshots(source: SnapshotSource): (nowMs: number, monotonicMs: number) => PodSnapshot {
  const { short, shortOrNull, texts } = shortener(source.mask);
  const rates = createRates();
  const countBreaches = createBreachCount();
  const deadLetteredAtMs: Partial<Record<DeadLetterReason, number>> = {};
  let last: Counts | undefined;

  const partitionRow = ({ fault, ...row }: PartitionStatus): SnapshotPartition => {
    const { topic, partition, lag, inFlight, behindSeconds, etaSeconds } = row;
    const told = { topic, partition, lag, inFlight, behindSeconds, etaSeconds };
    return fault === undefined ? told : { ...told, fault: short(fault) };
  };
  const documentRow = ({ version, hash, loadedAt, lastError }: Status['rules']): PodSnapshot['rules'] => ({
    ...{ version: shortOrNull(version), hash, loadedAt, lastError: shortOrNull(lastError) },
  });
  const shortFlag = (flag: Status['killSwitch']['set']): Status['killSwitch']['set'] =>
    flag && { why: short(flag.why), by: shortOrNull(flag.by), since: shortOrNull(flag.since) };

  return (nowMs, monotonicMs) => {
    const status = source.status();
    const counts = countsOf(status, countBreaches(status));
    for (const reason of DEAD_LETTERED) {
      const name = `dead_lettered.${reason}` as const;
      if (counts[name] > (last?.[name] ?? 0)) deadLetteredAtMs[reason] = nowMs;
    }
    last = counts;
    const { pod, version, uptimeSeconds, condition, inFlight, couponApi, queue } = status;
    return {
      form: FORM,
      ...{ pod, version, uptimeSeconds, condition, inFlight, couponApi, queue, counts },
      ...{ life: source.life, lane: source.lane, dryRun: source.dryRun },
      killSwitch: { ...status.killSwitch, set: shortFlag(status.killSwitch.set) },
      pushApi: { ...status.pushApi, lastError: shortOrNull(status.pushApi.lastError) },
      away: texts(status.away),
      reasons: texts(status.reasons),
      notReady: texts(source.notReady()),
      warnings: texts([...status.redis.faults, ...status.redis.warnings]),
      waiting: status.waiting.slice(0, MOST_ROWS).map((row) => ({ ...row, for: short(row.for) })),
      rates: rates.look(monotonicMs, counts),
      deadLetteredAtMs: { ...deadLetteredAtMs },
      partitions: slowestFirst(status.partitions).slice(0, MOST_PARTITIONS).map(partitionRow),
      partitionCount: status.partitions.length,
      lag: status.partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
      rules: documentRow(status.rules),
      merchants: status.merchants === null ? null : documentRow(status.merchants),
      logLinesDropped: status.logLinesDropped,
    };
  };
}

/** Counts also what a partition lost that the pod has no more. */
function createBreachCount(): (status: Pick<Status, 'redis' | 'partitions'>) => number {
  const lost = new Map<string, number>();
  return ({ redis, partitions }) => {
    for (const { topic, partition, lost: offsets } of partitions)
      if (offsets > 0) lost.set(`${topic}-${String(partition)}`, offsets);
    return [...lost.values()].reduce((sum, offsets) => sum + offsets, redis.dataLost);
  };
}

/** What can't be read first, then by how far they are behind, then by lag. */
export function slowestFirst<Row extends SnapshotPartition>(partitions: readonly Row[]): Row[] {
  return [...partitions].sort(
    (a, b) =>
      Number(b.fault !== undefined) - Number(a.fault !== undefined) ||
      (b.behindSeconds ?? 0) - (a.behindSeconds ?? 0) ||
      (b.lag ?? 0) - (a.lag ?? 0) ||
      (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition),
  );
}

function shortener(mask: SnapshotSource['mask']) {
  const short = (text: string): string => {
    // First the mask: half a secret is not recognised.
    const masked = mask(text);
    return masked.length <= LONGEST_TEXT ? masked : `${masked.slice(0, LONGEST_TEXT - 1)}…`;
  };
  return {
    short,
    shortOrNull: (text: string | null): string | null => (text === null ? null : short(text)),
    texts: (all: readonly string[]): readonly string[] => all.slice(0, MOST_ROWS).map(short),
  };
}

/** Most bytes that a snapshot takes as JSON, whatever the pod has to say. */
export const LARGEST_SNAPSHOT =
  COUNTERS.length * 100 + MOST_PARTITIONS * (4 * LONGEST_TEXT) + 6 * MOST_ROWS * 4 * LONGEST_TEXT;
