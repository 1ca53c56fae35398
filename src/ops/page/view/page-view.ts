/** The whole page of one moment. Pure. */
import { DECIDED_COUNTERS } from '../counters.ts';
import type { Fleet } from '../fleet.ts';
import { SLOT_MS, type HourWindow } from '../hour.ts';
import { count, counted, duration, foreseen, milliseconds, rate, secondTime } from '../words.ts';
import { figuresOf, type Figures } from './figures.ts';
import { funnelOf } from './funnel.ts';
import { headlineOf } from './headline.ts';
import { objectiveFacts } from './objectives.ts';
import type { Chart, KeyNumber, PageView, Tone } from './shape.ts';
import { partnerFacts, ruleFacts } from './state.ts';
import { deadLetterRows, partitionsOf, podRows, waitingRows } from './tables.ts';

export function pageViewOf(fleet: Fleet): PageView {
  const figures = figuresOf(fleet);
  const { nowMs, own, pods, silent } = fleet;
  return {
    headline: headlineOf(fleet, figures),
    keyNumbers: keyNumbersOf(figures),
    funnel: funnelOf(figures, fleet.hour, nowMs),
    waiting: waitingRows(figures),
    partitions: partitionsOf(figures),
    pods: podRows(fleet),
    objectives: objectiveFacts(figures),
    rules: ruleFacts(fleet),
    partners: partnerFacts(fleet, figures),
    deadLetters: deadLetterRows(fleet, figures),
    charts: chartsOf(fleet.hour),
    told: {
      by: own,
      pods: counted(pods.length + silent.length, 'pod'),
      atMs: nowMs,
      at: secondTime(nowMs),
    },
  };
}

function keyNumbersOf(figures: Figures): KeyNumber[] {
  const { backlog, behindSeconds, rates, inFlight } = figures;
  const split = (text: string): { value: string; unit: string } => {
    const at = text.indexOf('\u00A0');
    return at < 0 ? { value: text, unit: '' } : { value: text.slice(0, at), unit: text.slice(at + 1) };
  };
  const tone: Tone = backlog.kind === 'stays' ? 'bad' : backlog.kind === 'shrinks' ? 'watch' : 'good';
  const gone =
    backlog.kind === 'shrinks'
      ? { name: 'Backlog gone in', ...split(foreseen(backlog.etaSeconds)) }
      : { name: 'Backlog', value: backlog.kind === 'none' ? 'none' : 'stays', unit: '' };
  return [
    { name: 'Decided', value: rate(figures.decidedPerSecond), unit: 'events/s', tone: 'good' },
    {
      name: 'Behind',
      ...(behindSeconds === null ? { value: '–', unit: '' } : split(duration(behindSeconds))),
      tone,
    },
    { ...gone, tone },
    { name: 'In flight', value: count(inFlight), unit: inFlight === 1 ? 'event' : 'events', tone: 'good' },
    { name: 'Pushes sent', value: rate(rates['delivered.sent']), unit: 'pushes/s', tone: 'good' },
  ];
}

function chartsOf(hour: HourWindow): PageView['charts'] {
  const { columns, firstSlot } = hour;
  // The latest slot is still being counted: it would look like a fall.
  const slots = Math.max(0, hour.slots - 1);
  const column = (...names: readonly (keyof typeof columns)[]): number[] =>
    Array.from({ length: slots }, (_, at) =>
      names.reduce((sum, name) => sum + (columns[name]?.[at] ?? 0), 0),
    );
  const perSecond = (values: readonly number[]): number[] =>
    values.map((value) => Math.round((value * 10_000) / SLOT_MS) / 10);
  return {
    startSeconds: (firstSlot * SLOT_MS) / 1000,
    stepSeconds: SLOT_MS / 1000,
    lines: [
      lineOf('Events decided', 'events/s', perSecond(column(...DECIDED_COUNTERS)), rate),
      lineOf('Pushes sent', 'pushes/s', perSecond(column('delivered.sent')), rate),
      lineOf('Behind', 's', column('behindSeconds'), duration),
      lineOf('Coupon API, p99', 'ms', column('couponP99Ms'), milliseconds),
    ],
  };
}

function lineOf(
  name: string,
  unit: string,
  values: readonly number[],
  say: (value: number) => string,
): Chart {
  const last = values.at(-1);
  const summary =
    last === undefined ? 'nothing yet' : `now ${say(last)}, at most ${say(Math.max(...values))} in this time`;
  return { name, unit, summary, values };
}
