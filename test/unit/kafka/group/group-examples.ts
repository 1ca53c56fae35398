/** Schedules that chance seldom finds; tried before every generated one. */
import type { FakePartition } from '../../../support/kafka/fake-group.ts';
import type { Schedule, Step } from '../../../support/kafka/group-schedule.ts';

const record = (offset: number, ...users: string[]) =>
  ({ kind: 'record', offset, users, large: false }) as const;
const elsewhere: FakePartition = { entries: [record(0, 'user-1')], end: 1 };

const wait = (ms: number): Step => ({ do: 'wait', ms });
const fetch = (count: number): Step => ({ do: 'fetch', pod: 0, partition: 0, count });
const deliver: Step = { do: 'deliver', pod: 0 };
const endOne: Step = { do: 'end', picks: [0] };

/** Refused as it does not begin where expected, a batch makes the pod seek; then comes a join. */
const seekBeforeJoin: Schedule = {
  calm: true,
  maxInFlight: 3,
  partitions: [{ entries: [record(0, 'user-0'), record(1, 'user-0', 'user-0')], end: 2 }, elsewhere],
  steps: [wait(100), fetch(2), fetch(1), deliver, deliver, wait(200)],
};

/** A batch of control records that was fetched before a join and comes after it, beyond what is to be read again. */
const lateControlBatch: Schedule = {
  calm: false,
  maxInFlight: 3,
  partitions: [{ entries: [record(0, 'user-0'), { kind: 'control', offset: 1 }], end: 2 }, elsewhere],
  steps: [
    ...[wait(100), fetch(1), deliver, fetch(1)],
    { do: 'rebalance', pods: 2, endsAfter: 99 },
    ...[wait(100), deliver, wait(200)],
  ],
};

/** A commit hangs while more ends; what hangs arrives the newest first. */
const commitUnderWay: Schedule = {
  calm: false,
  maxInFlight: 3,
  partitions: [{ entries: [record(0, 'user-0'), record(1, 'user-0')], end: 2 }, elsewhere],
  steps: [
    ...[wait(100), fetch(1), deliver, wait(200)],
    { do: 'commits', fate: 'hang', release: false },
    ...[endOne, wait(200), fetch(1), deliver, endOne, wait(200)],
    { do: 'commits', fate: 'ok', release: true },
    wait(100),
  ],
};

/** The other pod's session is lost while its work has made its claim; the work ends after its partition has moved. */
const lateEnd: Schedule = {
  calm: false,
  maxInFlight: 3,
  partitions: [{ entries: [record(0, 'user-0'), record(1, 'user-1')], end: 2 }, elsewhere],
  steps: [
    ...[wait(100), fetch(2), deliver, wait(50)],
    { do: 'lose', pod: 0 },
    ...[wait(50), endOne, wait(200)],
    { do: 'rebalance', pods: 2, endsAfter: 99 },
    ...[endOne, wait(200)],
  ],
};

/** Work that is given up for unfinished ends while its pod waits for the others to join. */
const endWhileJoining: Schedule = {
  calm: false,
  maxInFlight: 3,
  partitions: [{ entries: [record(0, 'user-0')], end: 1 }, elsewhere],
  steps: [
    ...[wait(100), fetch(1), deliver],
    { do: 'fetch', pod: 1, partition: 0, count: 1 },
    { do: 'deliver', pod: 1 },
    wait(100),
    { do: 'rebalance', pods: 2, endsAfter: 12 },
  ],
};

/** A record is handed over half done, and again by a pod that had room for less of it. */
const halfDoneTwice: Schedule = {
  calm: false,
  maxInFlight: 4,
  partitions: [
    { entries: [record(0, 'user-0'), record(1, 'user-2', 'user-3', 'user-4', 'user-5')], end: 2 },
    elsewhere,
  ],
  steps: [
    ...[wait(100), fetch(2), deliver, wait(50)],
    { do: 'end', picks: [1] },
    wait(50),
    { do: 'end', picks: [1] },
    wait(50),
    { do: 'stop', pod: 0, endsAfter: 99 },
    ...[wait(100), fetch(2), deliver, wait(50)],
    { do: 'rebalance', pods: 1, endsAfter: 99 },
  ],
};

/** A batch that was fetched before a join and comes after it, beyond what is to be read again. */
const lateBatch: Schedule = {
  ...lateControlBatch,
  partitions: [{ entries: [record(0, 'user-0'), record(1, 'user-9')], end: 2 }, elsewhere],
};

export const examples: readonly Schedule[] = [
  halfDoneTwice,
  endWhileJoining,
  lateBatch,
  seekBeforeJoin,
  lateControlBatch,
  commitUnderWay,
  lateEnd,
];
