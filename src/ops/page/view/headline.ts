/**
 * The state of all pods in words, for somebody who was just woken: first what happens to events now, then what else
 * there is to know, worst first. Pure. What is spoken by a screen reader has no numbers, so it changes only with the
 * state.
 */
import type { DeadLetterReason } from '../../../domain/outcome.ts';
import { DEAD_LETTERED, deadLetteredOf, decidedOf, FILTERED } from '../counters.ts';
import type { Fleet } from '../fleet.ts';
import { SLOT_MS, totalOf, type HourWindow } from '../hour.ts';
import type { PodSnapshot } from '../snapshot.ts';
import { counted, duration, foreseen, listed, milliseconds, rate, share } from '../words.ts';
import type { Figures } from './figures.ts';
import type { Headline, Tone } from './shape.ts';

interface Said {
  readonly tone: Tone;
  readonly text: string;
  /** Without numbers that move; default: the text. */
  readonly spoken?: string;
}

interface State extends Said {
  readonly word: string;
  readonly spoken: string;
}

/** An end that so many events have is told beside the state. */
const COMMON_SHARE = 0.3;
/** Slots in which a defect is told of. */
const LATELY_SLOTS = 60;
const MINUTE_SLOTS = 6;
/** So many dead letters of a minute, and such a share of what ended in it, are worth a word. */
const FLOOD_LETTERS = 20;
const FLOOD_SHARE = 0.1;
/** So many sentences stand beside the state's own; the rest are notes. */
const MOST_BESIDE = 2;
const PUSH_API = 'push API';
const WORST_FIRST: readonly Tone[] = ['bad', 'watch', 'quiet', 'good'];

export function headlineOf(fleet: Fleet, figures: Figures): Headline {
  const pods = fleet.pods.map(({ snapshot }) => snapshot);
  const state = stateOf(pods, figures);
  const faults = faultsOf(fleet, pods, figures, state);
  const troubles = WORST_FIRST.flatMap((tone) => faults.filter((fault) => fault.tone === tone));
  // Of what has ended; nothing to know while nothing does.
  const common = state.tone === 'bad' ? undefined : commonEnd(figures);
  const beside = [...(common === undefined ? [] : [common]), ...troubles.map(({ text }) => text)];
  const worst = WORST_FIRST.find((tone) => [state, ...troubles].some((said) => said.tone === tone));
  const spoken = troubles.map((trouble) => trouble.spoken ?? trouble.text);
  return {
    tone: worst === 'quiet' || worst === undefined ? state.tone : worst,
    word: state.word,
    sentence: sentences([state.text, ...beside.slice(0, MOST_BESIDE)]),
    notes: beside.slice(MOST_BESIDE).map((text) => sentences([text])),
    spoken: sentences([`${state.word}: ${state.spoken}`, ...spoken]),
  };
}

function stateOf(pods: readonly PodSnapshot[], figures: Figures): State {
  const { backlog, waiting, behindSeconds, lag, inFlight } = figures;
  const pace = `${rate(figures.decidedPerSecond)} events/s`;
  const behind = behindSeconds === null ? undefined : `${duration(behindSeconds)} behind`;
  const stalled = pods.filter(({ condition }) => condition === 'stalled').map(({ pod }) => pod);
  if (stalled.length > 0) {
    const who = `${listed(stalled)} ${stalled.length === 1 ? 'makes' : 'make'} no progress while there is work`;
    return { tone: 'bad', word: 'Stalled', text: who, spoken: who };
  }
  const starting = pods.flatMap(({ notReady, partitionCount }) =>
    partitionCount === 0 ? notReady.slice(0, 1) : [],
  );
  if (starting.length === pods.length && starting[0] !== undefined) {
    return { tone: 'watch', word: 'Not ready', text: starting[0], spoken: starting[0] };
  }
  const held = figures.away.filter((service) => service !== PUSH_API);
  if (held.length > 0) {
    const events = waiting.reduce((sum, row) => sum + row.events, 0);
    const oldest = Math.max(0, ...waiting.map(({ oldestSeconds }) => oldestSeconds));
    const text =
      events === 0
        ? 'no event waits yet'
        : `${counted(events, 'event')} ${events === 1 ? 'waits' : 'wait'}, the oldest for ${duration(oldest)}; none is lost`;
    return {
      tone: 'bad',
      word: `Waiting for ${listed(held.map(serviceName))}`,
      text,
      spoken: 'none is lost',
    };
  }
  if (pods.some(({ killSwitch }) => killSwitch.document || killSwitch.flag)) {
    const by = holderOf(pods);
    return {
      tone: 'watch',
      word: 'Held back',
      text: `no push is sent, ${by}; ${pace}`,
      spoken: `no push is sent, ${by}`,
    };
  }
  if (backlog.kind === 'shrinks') {
    const eta = `gone in ${foreseen(backlog.etaSeconds)}, ${backlog.slowest.name} last`;
    return {
      ...{ tone: 'watch', word: 'Catching up' },
      text: `${pace}, ${behind ?? 'behind'}; ${eta}`,
      spoken: 'the backlog shrinks',
    };
  }
  if (backlog.kind === 'stays') {
    const where = `${backlog.slowest.name} has ${counted(backlog.slowest.lag ?? 0, 'record')} left`;
    return {
      ...{ tone: 'bad', word: 'Behind' },
      text: `${pace}, ${behind ?? 'behind'} and not catching up; ${where}`,
      spoken: 'and not catching up',
    };
  }
  if (figures.decidedPerSecond === 0 && lag === 0 && inFlight === 0) {
    return {
      tone: 'quiet',
      word: 'Quiet',
      text: 'no events now, all that came is decided',
      spoken: 'no events now',
    };
  }
  const text = behind === undefined ? pace : `${pace}, ${behind}`;
  return { tone: 'good', word: 'Flowing', text, spoken: 'events flow' };
}

function faultsOf(fleet: Fleet, pods: readonly PodSnapshot[], figures: Figures, state: State): Said[] {
  const said: Said[] = [];
  const say = (tone: Tone, text: string, spoken = text): void => void said.push({ tone, text, spoken });
  if (fleet.alone !== undefined) say('watch', `This is ${fleet.own} alone: ${fleet.alone}`);
  for (const { pod, silentSeconds } of fleet.silent)
    say('watch', `${pod} has been silent for ${duration(silentSeconds)}`, `${pod} is silent`);
  if (figures.away.includes(PUSH_API))
    say('bad', 'Push API away: pushes wait in the queue until they expire');
  sayPartners(figures, say);
  for (const { fault, name } of figures.partitions.filter((one) => one.fault !== undefined).slice(0, 3))
    say('bad', `Partition ${name}: ${fault ?? ''}`);
  for (const { pod, reasons } of pods) for (const reason of reasons) say('watch', `${pod}: ${reason}`);
  if (state.word !== 'Not ready') {
    for (const { pod, notReady } of pods) {
      // What is away is told already, once.
      if (notReady[0] !== undefined && figures.away.length === 0)
        say('watch', `${pod} is not ready: ${notReady[0]}`);
    }
  }
  sayDocuments(pods, say);
  sayBreaches(fleet.hour, say);
  sayDeadLetters(fleet.hour, say);
  for (const warning of new Set(pods.flatMap(({ warnings }) => warnings))) say('watch', warning);
  return said;
}

type Say = (tone: Tone, text: string, spoken?: string) => void;

function sayPartners({ away, coupons, pushes }: Figures, say: Say): void {
  if (coupons.isSlow && !away.includes('coupon API'))
    say('watch', `Coupon API slow: p99 ${milliseconds(coupons.p99Ms ?? 0)}`, 'Coupon API slow');
  if (pushes.isFailing && !away.includes(PUSH_API)) {
    const why = pushes.lastError === null ? '' : `, last ${pushes.lastError}`;
    say(
      'watch',
      `Push API: ${share(pushes.failed, pushes.calls)} of its calls fail${why}`,
      'Push API: calls fail',
    );
  }
}

function sayDocuments(pods: readonly PodSnapshot[], say: Say): void {
  const hashes = new Set(pods.map(({ rules }) => rules.hash).filter((hash) => hash !== null));
  if (hashes.size > 1) say('watch', `Pods have ${String(hashes.size)} different rule documents`);
  const errors = new Set(pods.map(({ rules }) => rules.lastError).filter((error) => error !== null));
  for (const error of errors) say('watch', `Rules not replaced, the last good ones are in force: ${error}`);
}

function sayBreaches(hour: HourWindow, say: Say): void {
  if (totalOf(hour, LATELY_SLOTS).breaches > 0)
    say('bad', 'A promise may be broken: Redis lost claims, or Kafka deleted events that nobody had read');
}

function sayDeadLetters(hour: HourWindow, say: Say): void {
  const defects = totalOf(hour, LATELY_SLOTS)['dead_lettered.internal_error'];
  const seconds = (Math.min(hour.slots, LATELY_SLOTS) * SLOT_MS) / 1000;
  if (defects > 0) {
    const text = `${counted(defects, 'event')} ended as internal_error in ${duration(seconds)}`;
    say('bad', text, 'Events ended as internal_error');
  }
  const minute = totalOf(hour, MINUTE_SLOTS);
  const letters = deadLetteredOf(minute);
  if (letters < FLOOD_LETTERS || letters < FLOOD_SHARE * decidedOf(minute)) return;
  const ofReason = (reason: DeadLetterReason): number => minute[`dead_lettered.${reason}`];
  const [most = ''] = DEAD_LETTERED.toSorted((a, b) => ofReason(b) - ofReason(a));
  const many = counted(letters, 'dead letter');
  say('watch', `${many} in the last minute, most of them ${most}`, `Many dead letters, most of them ${most}`);
}

/** As it stands in a sentence. */
function serviceName(service: string): string {
  if (service === 'redis' || service === 'kafka')
    return `${service.charAt(0).toUpperCase()}${service.slice(1)}`;
  return /(?:API|server|topic)$/.test(service) ? `the ${service}` : service;
}

function holderOf(pods: readonly PodSnapshot[]): string {
  const flag = pods.find(({ killSwitch }) => killSwitch.set !== null)?.killSwitch.set;
  if (flag !== null && flag !== undefined) {
    return `by the kill switch in Redis (${flag.by ?? 'somebody'}: ${flag.why})`;
  }
  if (pods.some(({ killSwitch }) => killSwitch.flag)) return 'by the kill switch in Redis';
  return 'as the rules say enabled: false';
}

/** The end that most events have, where that is not a push. */
function commonEnd({ hour }: Figures): string | undefined {
  const all = decidedOf(hour);
  if (all === 0) return undefined;
  const ends = [
    ...FILTERED.map((reason) => [reason as string, hour[`filtered.${reason}`]] as const),
    ['a dead letter', deadLetteredOf(hour)] as const,
  ];
  const [name, most] = ends.reduce((best, end) => (end[1] > best[1] ? end : best));
  return most / all >= COMMON_SHARE ? `${share(most, all)} end as ${name}` : undefined;
}

function sentences(parts: readonly string[]): string {
  return parts.map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`)).join(' ');
}
