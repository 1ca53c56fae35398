/** What is listed row by row: what events wait for, partitions, pods, dead letters. Pure. */
import { DEAD_LETTER_REASONS } from '../../../domain/outcome.ts';
import { DEAD_LETTERED, decidedOf } from '../counters.ts';
import type { Fleet, SeenPod, SilentPod } from '../fleet.ts';
import { ago, count, counted, duration, foreseen, rate, withoutLinks } from '../words.ts';
import { isBehind, type Figures, type PlacedPartition } from './figures.ts';
import type { DeadLetterRow, PartitionRow, PartitionsView, PodRow, WaitingRow } from './shape.ts';

const MOST_PARTITIONS = 8;
const MOST_NUMBERS = 8;
const DASH = '–';

export function waitingRows({ waiting }: Figures): WaitingRow[] {
  return waiting.map((row) => ({
    for: row.for,
    events: row.events === 0 ? 'unread' : counted(row.events, 'event'),
    oldest: duration(row.oldestSeconds),
  }));
}

export function partitionsOf({ partitions, partitionCount, lag, backlog }: Figures): PartitionsView {
  const rows = partitions.slice(0, MOST_PARTITIONS).map(partitionRow);
  const left = partitionCount - rows.length;
  const faulty = partitions.filter(({ fault }) => fault !== undefined).length;
  const waits = lag === 0 ? 'no backlog' : `${counted(lag, 'record')} to commit`;
  const gone =
    backlog.kind === 'shrinks'
      ? `, gone in ${foreseen(backlog.etaSeconds)}: ${backlog.slowest.name} is the slowest`
      : backlog.kind === 'stays'
        ? `, not gone at this pace: ${backlog.slowest.name} is the slowest`
        : '';
  const bad = faulty === 0 ? '' : `, ${count(faulty)} can’t be read or committed`;
  return {
    rows,
    more: left <= 0 ? '' : `${counted(left, 'other')}, less behind than these`,
    summary: `${counted(partitionCount, 'partition')}, ${waits}${gone}${bad}`,
  };
}

function partitionRow(row: PlacedPartition): PartitionRow {
  const { name, lag, behindSeconds, etaSeconds, fault = '' } = row;
  const hasBacklog = isBehind(row);
  const gone = etaSeconds === null ? 'not at this pace' : `in ${foreseen(etaSeconds)}`;
  return {
    ...{ name, fault },
    lag: lag === null ? DASH : count(lag),
    behind: behindSeconds === null ? DASH : duration(behindSeconds),
    gone: hasBacklog ? gone : '',
    tone: fault !== '' ? 'bad' : hasBacklog ? 'watch' : 'good',
  };
}

export function podRows({ pods, silent, own }: Pick<Fleet, 'pods' | 'silent' | 'own'>): PodRow[] {
  return [...pods.map((seen) => podRow(seen, own)), ...silent.map(silentRow)].sort((a, b) =>
    a.pod < b.pod ? -1 : 1,
  );
}

function podRow({ snapshot, ageSeconds }: SeenPod, own: string): PodRow {
  const { pod, version, rules, partitions, partitionCount, notReady, reasons, away, lane } = snapshot;
  const marks = [...(lane === 'all' ? [] : [`lane ${lane}`]), ...(snapshot.dryRun ? ['dry run'] : [])];
  const isWell = snapshot.condition === 'ok' && notReady.length === 0;
  const behind = Math.max(-1, ...partitions.map(({ behindSeconds }) => behindSeconds ?? -1));
  const numbers = partitions.map(({ partition }) => partition).sort((a, b) => a - b);
  const named = numbers.slice(0, MOST_NUMBERS).join(', ') + (numbers.length > MOST_NUMBERS ? ' …' : '');
  return {
    ...{ pod, version },
    state: notReady.length > 0 ? 'not ready' : snapshot.condition,
    tone: isWell ? 'good' : snapshot.condition === 'stalled' ? 'bad' : 'watch',
    why: [
      ...new Set([...notReady, ...reasons, ...away.map((service) => `waits for ${service}`), ...marks]),
    ].join('; '),
    up: duration(snapshot.uptimeSeconds),
    rules:
      rules.version === null
        ? 'none'
        : rules.hash === null
          ? rules.version
          : `${rules.version} (${rules.hash})`,
    partitions: partitionCount === 0 ? 'none' : `${count(partitionCount)}: ${named}`,
    rate: rate(decidedOf(snapshot.rates)),
    behind: behind < 0 ? DASH : duration(behind),
    received: count(snapshot.counts.received),
    inFlight: count(snapshot.inFlight),
    seen: ago(ageSeconds),
    isOwn: pod === own,
  };
}

function silentRow({ pod, version, silentSeconds }: SilentPod): PodRow {
  return {
    ...{ pod, version },
    state: 'silent',
    tone: 'watch',
    why: 'it has just ended, or tells no numbers',
    up: DASH,
    rules: DASH,
    partitions: DASH,
    rate: DASH,
    behind: DASH,
    received: DASH,
    inFlight: DASH,
    seen: ago(silentSeconds),
    isOwn: false,
  };
}

/** Newest first. Of the last hour, and how many lives of pods have counted before it. */
export function deadLetterRows({ pods, nowMs }: Fleet, { hour }: Figures): DeadLetterRow[] {
  return DEAD_LETTERED.map((reason) => {
    const times = pods.flatMap(({ snapshot }) => snapshot.deadLetteredAtMs[reason] ?? []);
    return { reason, atMs: times.length === 0 ? undefined : Math.max(...times) };
  })
    .filter(({ reason, atMs }) => atMs !== undefined || hour[`dead_lettered.${reason}`] > 0)
    .sort((a, b) => (b.atMs ?? 0) - (a.atMs ?? 0))
    .map(({ reason, atMs }) => ({
      reason,
      count: count(hour[`dead_lettered.${reason}`]),
      newest: atMs === undefined ? 'by a pod that has ended' : ago(Math.max(0, nowMs - atMs) / 1000),
      meaning: withoutLinks(DEAD_LETTER_REASONS[reason]),
    }));
}
