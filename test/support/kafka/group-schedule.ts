/**
 * Pods of one group through a generated schedule: fetches handed over late, events ending in any order, commits
 * that fail, hang or lose their answer, planned rebalances, lost sessions and stops. What the rooms of the
 * consumer promise together is checked on the way and at the end; the promises are the messages below.
 */
import type { EventWork } from '../../../src/domain/event-work.ts';
import type { Ownership } from '../../../src/domain/ownership.ts';
import type { RecordPiece } from '../../../src/domain/record.ts';
import { createSteppedClock, settle } from '../stepped-clock.ts';
import { createFakeGroup, type CommitFate, type FakePartition } from './fake-group.ts';
import { createFakePod, type FakePod, type Rooms } from './fake-pod.ts';

export type Step =
  | { readonly do: 'fetch'; readonly pod: number; readonly partition: number; readonly count: number }
  | { readonly do: 'deliver'; readonly pod: number }
  | { readonly do: 'end'; readonly picks: readonly number[] }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'commits'; readonly fate: CommitFate; readonly release: boolean }
  /** A planned rebalance with so many pods; what runs begins to end after so many tenths of a second. */
  | { readonly do: 'rebalance'; readonly pods: number; readonly endsAfter: number }
  /** The group goes on without this pod, which learns of it later. */
  | { readonly do: 'lose'; readonly pod: number }
  | { readonly do: 'stop'; readonly pod: number; readonly endsAfter: number };

export interface Schedule {
  readonly partitions: readonly FakePartition[];
  readonly steps: readonly Step[];
  readonly maxInFlight: number;
  /** Nothing goes wrong in this schedule: then nothing is done twice, and no user in two places. */
  readonly calm: boolean;
}

interface Running {
  readonly pod: string;
  readonly user: string;
  /** Has made its claim: it ends with an outcome even where its ownership is revoked. */
  readonly claimed: boolean;
  end(): void;
}

const DRAIN_MS = 1000;
const NEVER = Number.POSITIVE_INFINITY;
const MOST_ROUNDS = 400;
/** Pods learn of a rebalance one after the other, so many tenths of a second apart. */
const LATER = 4;

/** @returns every promise that was broken, in order. */
export async function play(rooms: Rooms, schedule: Schedule): Promise<string[]> {
  const group = createFakeGroup(schedule.partitions);
  const { violations } = group;
  const clock = createSteppedClock();
  const running = new Set<Running>();
  const pods: FakePod[] = [];
  const all: FakePod[] = [];
  /** Where each user was last begun in a pod's assignment. */
  const begun = new Map<string, number>();
  /** Events that had their outcome when the group was formed last. */
  let decidedAtJoin = new Set<string>();
  let names = 0;

  function check(holds: boolean, broken: string): void {
    if (!holds) violations.push(broken);
  }

  function begin(
    pod: string,
    joins: number,
    piece: RecordPiece,
    user: string,
    ownership: Ownership,
  ): Promise<void> {
    const { partition, offset: text, index } = piece.source;
    const offset = Number(text);
    const what = `${user} at ${partition}@${offset}.${index}`;
    for (const other of running) {
      if (other.user !== user) continue;
      check(other.pod !== pod, `two at once for ${what}`);
      check(other.pod === pod || !schedule.calm, `two pods at once for ${what}`);
    }
    const place = `${pod} ${joins} ${user}`;
    const position = offset * 1000 + index;
    check((begun.get(place) ?? -1) < position, `out of order: ${what}`);
    begun.set(place, position);
    if (schedule.calm) check(!decidedAtJoin.has(piecePlace(partition, offset, index)), `done again: ${what}`);
    return new Promise((resolve, reject) => {
      const claimed = offset % 3 === 0;
      const one: Running = {
        pod,
        user,
        claimed,
        end() {
          if (!running.delete(one)) return;
          group.decide(partition, offset, index);
          resolve();
        },
      };
      running.add(one);
      if (claimed) return;
      ownership.signal.addEventListener('abort', () => {
        if (running.delete(one)) reject(new rooms.AbandonedError());
      });
    });
  }

  function everyEvent(): [partition: number, offset: number, index: number][] {
    return schedule.partitions.flatMap(({ entries }, partition) =>
      entries.flatMap((entry) =>
        entry.kind === 'control'
          ? []
          : entry.users.map((_, index): [number, number, number] => [partition, entry.offset, index]),
      ),
    );
  }

  function addPod(): FakePod {
    const name = `pod-${(names += 1)}`;
    const pod = createFakePod({
      name,
      rooms,
      group,
      clock,
      maxInFlight: schedule.maxInFlight,
      drainTimeoutMs: DRAIN_MS,
      handleEvent:
        (joins) =>
        (piece): EventWork => {
          const user = userOf(piece);
          return {
            key: user,
            run: (ownership) => begin(name, joins, piece, user, ownership),
            abandon: () => undefined,
          };
        },
      onFault: (error) => void violations.push(`a fault: ${String(error)}`),
    });
    all.push(pod);
    return pod;
  }

  function endSome(picks: readonly number[]): void {
    for (const pick of picks) {
      const list = [...running];
      list[pick % Math.max(1, list.length)]?.end();
    }
  }

  async function until(done: (round: number) => boolean, endsAfter: number, what: string): Promise<void> {
    for (let round = 0; !done(round); round += 1) {
      if (round > MOST_ROUNDS) throw new Error(`never: ${what}`);
      if (round >= endsAfter) endSome([0, 1, 2]);
      await clock.advance(100);
    }
  }

  /** Everybody joins again; the group waits for each, as long as it takes. */
  async function rebalance(count: number, endsAfter: number): Promise<void> {
    while (pods.length < count) pods.push(addPod());
    group.rebalancing = true;
    const missing = new Set(pods);
    const askAll = (round: number): boolean => {
      for (const pod of missing) {
        if (round >= LATER * pods.indexOf(pod) && pod.beforeJoin() === 'join') missing.delete(pod);
      }
      return missing.size === 0;
    };
    await until(askAll, endsAfter, 'all have joined');
    decidedAtJoin = new Set(
      everyEvent().flatMap(([partition, offset, index]) =>
        group.timesDecided(partition, offset, index) > 0 ? [piecePlace(partition, offset, index)] : [],
      ),
    );
    const held = group.form(pods.map(({ memberId }) => memberId));
    for (const pod of pods) pod.joined(held.get(pod.memberId) ?? []);
    await settle();
  }

  async function stop(pod: FakePod, endsAfter: number): Promise<void> {
    pods.splice(pods.indexOf(pod), 1);
    let left = false;
    void pod.leave().then(() => (left = true));
    await until(() => left, endsAfter, 'a pod has left');
    pod.stop();
    await rebalance(1, endsAfter);
  }

  /** The others share its partitions at once; it goes on as if nothing had happened, until it joins again. */
  async function lose(pod: FakePod): Promise<void> {
    group.expel(pod.memberId);
    pods.splice(pods.indexOf(pod), 1);
    await rebalance(1, NEVER);
    pods.push(pod);
  }

  async function take(step: Step): Promise<void> {
    const pod = 'pod' in step ? pods[step.pod % pods.length]! : pods[0]!;
    switch (step.do) {
      case 'fetch':
        pod.fetch(pod.partitions[step.partition % Math.max(1, pod.partitions.length)] ?? 0, step.count);
        return;
      case 'deliver':
        pod.deliver();
        return settle();
      case 'end':
        endSome(step.picks);
        return settle();
      case 'wait':
        return clock.advance(step.ms);
      case 'commits':
        group.commitFate = step.fate;
        if (step.release) group.releaseCommits();
        return settle();
      case 'rebalance':
        return rebalance(step.pods, schedule.calm ? 0 : step.endsAfter);
      case 'lose':
        return lose(pod);
      case 'stop':
        return stop(pod, schedule.calm ? 0 : step.endsAfter);
    }
  }

  function isDone(): boolean {
    return schedule.partitions.every(
      ({ end }, partition) => (group.committed(partition)?.offset ?? 0) >= end,
    );
  }

  /** Kafka is well again and everything is read to its end. */
  async function finish(): Promise<void> {
    group.commitFate = 'ok';
    group.releaseCommits();
    await settle();
    await rebalance(pods.length, 0);
    for (let round = 0; !isDone(); round += 1) {
      if (round > MOST_ROUNDS) {
        violations.push(
          `stuck: ${schedule.partitions.map(({ end }, p) => `${group.committed(p)?.offset ?? '-'}/${end}`).join()}`,
        );
        return;
      }
      for (const pod of pods) {
        for (const partition of pod.partitions) pod.fetch(partition, 3);
        while (pod.deliver());
      }
      await settle();
      endSome([...running.keys()].map(() => 0));
      await clock.advance(50);
    }
    for (const [partition, { entries }] of schedule.partitions.entries()) {
      for (const entry of entries) {
        check(group.isWhollyDecided(partition, entry), `never decided: ${partition}@${entry.offset}`);
      }
    }
    if (!schedule.calm) return;
    for (const [partition, offset, index] of everyEvent()) {
      const times = group.timesDecided(partition, offset, index);
      check(times === 1, `decided twice: ${partition}@${offset}.${index}`);
    }
  }

  await rebalance(2, 0);
  for (const step of schedule.steps) {
    if (violations.length > 0) break;
    await take(step);
  }
  if (violations.length === 0) await finish();
  for (const pod of all) pod.stop();
  return violations;
}

function piecePlace(partition: number, offset: number, index: number): string {
  return `${partition}@${offset}.${index}`;
}

function userOf(piece: RecordPiece): string {
  const { content, source } = piece;
  if (content.kind === 'json') return (content.value as { userId: string }).userId;
  return `unreadable at ${source.partition}@${source.offset}`;
}
