/**
 * How soon a dead pod's work goes on elsewhere. Only calm time counts: while another fault stands in the way, or
 * has just been healed, nobody promised anything, so the limit's clock stands still.
 */
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import type { PushEntry } from '../partners/ledger.ts';
import { isPipelineRecord } from './accounting.ts';
import type { ProducedEvent, Violation } from './evidence.ts';
import { identityOf, placeOf } from './evidence.ts';

/** Epoch ms, both. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A pod's unplanned end. */
export interface Death {
  readonly pod: string;
  /** Epoch ms. */
  readonly at: number;
  readonly partitions: readonly number[];
  /** Other faults, each with the time that it leaves behind. */
  readonly disturbed: readonly Span[];
}

export interface RecoveryEvidence {
  readonly produced: readonly ProducedEvent[];
  readonly outcomes: readonly (OutcomeRecord & { readonly writtenAt: number })[];
  readonly pushes: readonly PushEntry[];
  readonly deaths: readonly Death[];
  readonly limits: { readonly eventsMs: number; readonly pushesMs: number };
}

export interface Recovery {
  readonly violations: readonly Violation[];
  /** How many times something came back, and how long the slowest took, in calm ms. */
  readonly judged: number;
  readonly slowestMs: number;
}

/** Ms from one moment to another that no span covers. */
export const calmMs = (from: number, to: number, disturbed: readonly Span[]): number => {
  let calm = 0;
  let at = from;
  for (const span of [...disturbed].sort((a, b) => a.from - b.from)) {
    if (span.from > at) calm += Math.max(0, Math.min(span.from, to) - at);
    at = Math.max(at, span.to);
  }
  return calm + Math.max(0, to - at);
};

const summarize = (
  found: readonly { readonly took: number; readonly name: string }[],
  limitMs: number,
): Recovery => ({
  judged: found.length,
  slowestMs: Math.round(found.reduce((slowest, { took }) => Math.max(slowest, took), 0)),
  violations: found
    .filter(({ took }) => took > limitMs)
    .map(({ took, name }) => ({
      message: `${name} after ${took === Infinity ? 'no time' : `${(took / 1000).toFixed(1)} s of calm`}, the limit is ${(limitMs / 1000).toFixed(0)} s`,
    })),
});

/** The first event produced to each of the dead pod's partitions after its death that was decided. */
export const judgeEventRecovery = ({ produced, outcomes, deaths, limits }: RecoveryEvidence): Recovery => {
  const decidedAt = new Map<string, number>();
  for (const record of outcomes) {
    if (!isPipelineRecord(record)) continue;
    const place = placeOf(record.source);
    decidedAt.set(place, Math.min(decidedAt.get(place) ?? Infinity, record.writtenAt));
  }
  const found = deaths.flatMap(({ pod, at, partitions, disturbed }) =>
    partitions.flatMap((partition) => {
      const events = produced.filter(
        (event) =>
          event.partition === partition && event.producedAt > at && event.producedAt < at + limits.eventsMs,
      );
      // A partition that had nothing to do can't show anything.
      if (events.length === 0) return [];
      const first = Math.min(...events.map((event) => decidedAt.get(placeOf(event)) ?? Infinity));
      const took = first === Infinity ? Infinity : calmMs(at, first, disturbed);
      return [{ took, name: `${pod} died, and partition ${String(partition)} flowed again` }];
    }),
  );
  return summarize(found, limits.eventsMs);
};

/** Pushes that were queued and had no end when a pod died. One that the partner put off is the partner's matter. */
export const judgePushRecovery = ({ outcomes, pushes, deaths, limits }: RecoveryEvidence): Recovery => {
  const queuedAt = new Map<string, number>();
  const endedAt = new Map<string, number>();
  for (const { outcome, userId = '', eventId, writtenAt, ...record } of outcomes) {
    const key = identityOf(userId, eventId);
    const times = isPipelineRecord({ outcome, userId, eventId, ...record }) ? queuedAt : endedAt;
    if (times === queuedAt && outcome !== 'queued') continue;
    times.set(key, Math.min(times.get(key) ?? Infinity, writtenAt));
  }
  const putOffAt = new Map<string, number>();
  for (const { verdict, userId = '', eventId = '', at } of pushes)
    if (verdict === 'not_sent') putOffAt.set(identityOf(userId, eventId), at);
  const found = deaths.flatMap(({ pod, at, disturbed }) =>
    [...queuedAt].flatMap(([key, queued]) => {
      const ended = endedAt.get(key) ?? Infinity;
      if (queued > at || ended <= at || putOffAt.has(key)) return [];
      const took = ended === Infinity ? Infinity : calmMs(at, ended, disturbed);
      return [{ took, name: `${pod} died, and the push of event ${key.replace('\n', ' / ')} had its end` }];
    }),
  );
  return summarize(found, limits.pushesMs);
};
