/** What is left to do of an assignment: what handing it over waits for. */
import { describe, expect, it } from 'vitest';
import {
  createAssignment,
  hasNothingLeft,
  needsCommit,
  revokeAll,
  sumInFlight,
} from '../../../../src/stream/partition/assignment.ts';
import type { PartitionFlow } from '../../../../src/stream/partition/partition-flow.ts';

interface State {
  readonly inFlight: number;
  readonly heldBytes: number;
  readonly committed: number | undefined;
  readonly watermark: number;
  readonly incomplete: string;
}

const DONE: State = { inFlight: 0, heldBytes: 0, committed: 7, watermark: 7, incomplete: '' };

function flowWith(changes: Partial<State> = {}) {
  const { incomplete, ...state } = { ...DONE, ...changes };
  const flow = {
    ...state,
    encodeIncompleteOffsets: () => incomplete,
    lost: 0,
    lose: () => void (flow.lost += 1),
  };
  return flow as typeof flow & PartitionFlow;
}

function assignmentOf(...flows: readonly PartitionFlow[]) {
  const assignment = createAssignment('member', [...flows.keys()]);
  for (const [partition, flow] of flows.entries()) assignment.flows.set(partition, flow);
  return assignment;
}

it('begins without anything, its partitions in order', () => {
  const given = [10, 9, 1];
  expect(createAssignment('member', given)).toEqual({
    ...{ memberId: 'member', partitions: [1, 9, 10], state: 'opening' },
    ...{ flows: new Map(), toSeek: new Set() },
    ...{ topicId: undefined, committedTopicId: undefined, generation: undefined, batch: undefined },
  });
  expect(given).toEqual([10, 9, 1]);
});

it('has in flight what its partitions have', () => {
  expect(sumInFlight(undefined)).toBe(0);
  expect(sumInFlight(assignmentOf())).toBe(0);
  expect(sumInFlight(assignmentOf(flowWith({ inFlight: 2 }), flowWith({ inFlight: 3 })))).toBe(5);
});

describe('there is nothing left', () => {
  it('where all of all partitions is done and committed', () => {
    expect(hasNothingLeft(assignmentOf())).toBe(true);
    expect(hasNothingLeft(assignmentOf(flowWith(), flowWith()))).toBe(true);
  });

  it.each<[string, Partial<State>]>([
    ['an event is in flight', { inFlight: 1 }],
    ['a record waits', { heldBytes: 1 }],
    ['something is to be committed', { watermark: 8 }],
    ['the start is to be committed', { committed: undefined }],
    ['the next pod is to be told what is undecided', { incomplete: 'open:2:7:CgA' }],
  ])('… but not while %s', (_what, changes) => {
    expect(hasNothingLeft(assignmentOf(flowWith(), flowWith(changes)))).toBe(false);
  });
});

it('commits what is new, and nothing again or backwards', () => {
  const at = (committed: number | undefined, watermark: number) =>
    needsCommit(flowWith({ committed, watermark }));
  expect([at(undefined, 0), at(7, 8), at(7, 7), at(7, 6)]).toEqual([true, true, false, false]);
});

it('is revoked as a whole', () => {
  const flows = [flowWith(), flowWith()];
  revokeAll(assignmentOf(...flows));
  expect(flows.map(({ lost }) => lost)).toEqual([1, 1]);
});
