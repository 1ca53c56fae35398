/**
 * Tests of the tests: each fault is planted in a copy of the consumer's rooms, and the property of the whole group
 * must find it, for the reason given.
 */
import { expect, test } from 'vitest';
import { loadRooms } from '../../../support/kafka/fake-pod.ts';
import { FEW_RUNS, withFault, type Fault } from '../../../tools/planted-fault.ts';
import { checkGroup } from './group-property.ts';

const faults: (Fault & { readonly by: RegExp })[] = [
  {
    name: 'commit after revocation',
    file: 'kafka/commit/group-commit.ts',
    find: "if (assignment.state === 'opening' || assignment.state === 'over') return result();",
    replace: "if (assignment.state === 'opening') return result();",
    by: /after its partitions were handed over/,
  },
  {
    name: 'commit of an old assignment under the new generation',
    file: 'kafka/group/membership.ts',
    find: "void startHandover(current);\n        return 'hold';",
    replace: 'void startHandover(current);',
    by: /after its partitions were handed over|not held|backwards|two pods at once|done again|decided twice/,
  },
  {
    name: 'commit going backwards, past one that is still under way',
    file: 'stream/pace/committer.ts',
    find: 'if (running === undefined && (check === 0 || isQuiet)) void begin();',
    replace: 'void begin();',
    by: /backwards/,
  },
  {
    name: 'a handover that does not commit',
    file: 'kafka/group/handover.ts',
    find: 'await within(commitAll(committer), { limitMs: Math.max(restMs, reserveMs), clock });',
    replace: '',
    by: /done again/,
  },
  {
    name: 'metadata that calls what was given up decided',
    file: 'stream/partition/open-records.ts',
    find: 'if (!record.isGivenUp) undecided.remove(record);',
    replace: 'undecided.remove(record);',
    by: /its metadata calls/,
  },
  {
    name: 'metadata that is taken to speak of more than it does',
    file: 'stream/partition/progress.ts',
    find: 'member < until && !undecided.has(member)',
    replace: '!undecided.has(member)',
    by: /past the undecided|its metadata calls|a fault/,
  },
  {
    name: 'metadata that calls an event of a record decided that was given up',
    file: 'stream/partition/event-task.ts',
    find: 'this.#record.isGivenUp = true;\n',
    replace: 'this.#record.isGivenUp = true;\n    this.#record.undecided?.delete(this.#index);\n',
    by: /its metadata calls/,
  },
  {
    name: 'second metadata that forgets what the first left undecided of a record',
    file: 'stream/partition/open-record.ts',
    find: '...undecidedBeyond(inherited, taken)',
    replace: '',
    by: /its metadata calls/,
  },
  {
    name: 'events of a record done again although the metadata calls them decided',
    file: 'stream/partition/partition-flow.ts',
    find: 'piece !== undefined && !isDoneBefore(record, piece)',
    replace: 'piece !== undefined',
    by: /done again|decided twice/,
  },
  {
    name: 'a record closed before its last event',
    file: 'stream/partition/partition-flow.ts',
    find: 'if (pieces.isExhausted() && record.open) {',
    replace: 'if (record.open) {',
    by: /past the undecided|its metadata calls|a fault|done again/,
  },
  {
    name: 'a batch taken in that begins further on',
    file: 'kafka/batch-receiver.ts',
    find: 'if (found === flow.fetchPosition)',
    replace: 'if (found >= flow.fetchPosition)',
    by: /past the undecided|its metadata calls/,
  },
  {
    name: 'a control batch taken in that begins further on',
    file: 'kafka/batch-receiver.ts',
    find: 'if (first === flow.fetchPosition && next > first) {',
    replace: 'if (next > flow.fetchPosition) {',
    by: /past the undecided|its metadata calls/,
  },
  {
    name: 'a seek that outlives a join',
    file: 'kafka/group/partition-positions.ts',
    find: ' || pendingSeeks.has(partition)',
    replace: '',
    by: /stuck/,
  },
  {
    name: 'events of one user under different keys',
    file: 'stream/partition/event-keys.ts',
    find: "work.key ?? Symbol('unordered')",
    replace: "Symbol('unordered')",
    by: /two at once|out of order/,
  },
];

test.each(faults)('the group’s property finds $name', async ({ by, ...fault }) => {
  await withFault(fault, async (load) => {
    const rooms = await loadRooms(load);
    await expect(checkGroup(rooms, FEW_RUNS)).rejects.toThrow(by);
  });
});
