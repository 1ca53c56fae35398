/** What an observer outside sees of a hazard: the outcome topic, the partners' ledger, committed offsets, queues. */
import { DELIVERY_OUTCOMES } from '../../../src/domain/delivery.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import { readOffsets } from '../../simulation/demo/observe.ts';
import type { PodProcess } from '../../simulation/demo/pods.ts';
import type { PushEntry } from '../../simulation/partners/ledger.ts';
import { eventually, type Scenario } from '../pods/scenario.ts';

export interface HazardWitness {
  /** Waits until the pipeline has decided these. */
  decided(...events: EventRef[]): Promise<void>;
  /** Waits until the pipeline has decided it so many times. */
  decidedTimes(event: EventRef, times: number): Promise<void>;
  /** Waits until a pod has published an outcome of this kind. */
  toldBy(pod: PodProcess, kind: 'pipeline' | 'delivery', event: EventRef): Promise<void>;
  /** Waits until these are decided, and their pushes delivered or ended otherwise. */
  ended(...events: EventRef[]): Promise<void>;
  /** Waits until no push waits, runs or is put off, and everything published is read. */
  idle(): Promise<void>;
  /** Waits for a push request about this event. */
  requested(event: EventRef): Promise<void>;
  /** Distinct pipeline outcomes in order of appearance, as `queued` or `filtered/cooldown`. */
  outcomesOf(event: EventRef): string[];
  /** Distinct delivery outcomes, in order of appearance. */
  endsOf(event: EventRef): string[];
  requestsOf(event: EventRef): Promise<readonly PushEntry[]>;
  /** Push requests about any of this user's events that the partner took. */
  pushesTo(userId: string): Promise<number>;
  /** The group's committed offset; -1 where there is none. */
  committed(partition?: number): Promise<number>;
  endOffset(partition?: number): Promise<number>;
}

const DELIVERY: readonly string[] = DELIVERY_OUTCOMES;

/** @param queued how many pushes wait, run or are put off: as Redis has it, as a pod may tell what it knew before. */
export function createHazardWitness(
  { observer, partners, kafka, names }: Scenario,
  queued: () => Promise<number>,
): HazardWitness {
  const recordsOf = (event: EventRef, kind: 'pipeline' | 'delivery') =>
    observer.outcomes.filter(
      ({ userId, eventId, outcome }) =>
        userId === event.userId &&
        eventId === event.eventId &&
        DELIVERY.includes(outcome) === (kind === 'delivery'),
    );
  const outcomesOf = (event: EventRef) => [
    ...new Set(
      recordsOf(event, 'pipeline').map(({ outcome, reason }) => [outcome, reason].filter(Boolean).join('/')),
    ),
  ];
  const endsOf = (event: EventRef) => [
    ...new Set(recordsOf(event, 'delivery').map(({ outcome }) => outcome)),
  ];
  const hasEnded = (event: EventRef) => {
    const outcomes = outcomesOf(event);
    return outcomes.length > 0 && (!outcomes.includes('queued') || endsOf(event).length > 0);
  };
  const untilTrue = (what: string, check: () => boolean | Promise<boolean>) =>
    eventually(async () => {
      if (!(await check())) throw new Error(`not so: ${what}`);
    });
  const requestsOf = async ({ userId, eventId }: EventRef) => {
    const { pushes } = await partners.ledger();
    return pushes.filter((entry) => entry.userId === userId && entry.eventId === eventId);
  };

  return {
    decided: (...events) =>
      untilTrue('all are decided', () => events.every((event) => outcomesOf(event).length > 0)),
    decidedTimes: (event, times) =>
      untilTrue(`decided ${String(times)} times`, () => recordsOf(event, 'pipeline').length >= times),
    toldBy: ({ name }, kind, event) =>
      untilTrue(`${name} has told its end`, () => recordsOf(event, kind).some(({ pod }) => pod === name)),
    ended: (...events) => untilTrue('all have ended', () => events.every(hasEnded)),
    async idle() {
      await untilTrue('the queue is empty', async () => (await queued()) === 0);
      await observer.caughtUp();
    },
    requested: (event) => untilTrue('requested', async () => (await requestsOf(event)).length > 0),
    outcomesOf,
    endsOf,
    requestsOf,
    async pushesTo(userId) {
      const { pushes } = await partners.ledger();
      return pushes.filter((entry) => entry.userId === userId && entry.accepted).length;
    },
    async committed(partition = 0) {
      const { committed } = await readOffsets(kafka, names);
      return Number(committed.find((each) => each.partition === partition)?.offset ?? -1);
    },
    async endOffset(partition = 0) {
      const { ends } = await readOffsets(kafka, names);
      return Number(ends.find((each) => each.partition === partition)?.offset);
    },
  };
}
