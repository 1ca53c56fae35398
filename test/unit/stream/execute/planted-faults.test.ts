/**
 * Tests of the tests: each fault is planted in a copy of the engine's source, and the property that guards
 * against it must fail, for the reason given.
 */
import { describe, expect, it } from 'vitest';
import type * as Executor from '../../../../src/stream/execute/keyed-executor.ts';
import type * as Offsets from '../../../../src/stream/partition/partition-offsets.ts';
import { FEW_RUNS, withFault, type Fault } from '../../../tools/planted-fault.ts';
import { checkExecutor } from './keyed-executor-schedule.ts';
import { checkOffsets } from '../partition/partition-offsets-model.ts';

type Found = Omit<Fault, 'file'> & { readonly by: RegExp; readonly file?: string };

const inExecutor: Found[] = [
  {
    name: 'two at once for one user',
    find: '        task.ahead?.();\n        return;\n      }\n',
    replace: '      }\n',
    by: /one at a time for each key/,
  },
  {
    name: 'looked ahead for one that is not next',
    find: 'queue.tail.next = arrived;\n        queue.tail = arrived;',
    replace: 'queue.tail.next = arrived;\n        queue.tail = arrived;\n        task.ahead?.();',
    by: /next of its key/,
  },
  {
    name: 'looked ahead twice',
    find: 'const next = (queue.head = head.next);',
    replace: 'const next = (queue.head = head.next);\n    next?.task.ahead?.();',
    by: /told once/,
  },
  {
    name: 'two at once for one user, after a drop',
    find: 'if (queue.busy) return;',
    replace: 'if (queue.busy && queue.head === undefined) return;',
    by: /one at a time for each key/,
  },
  {
    name: 'lost wake-up when a task completes synchronously',
    find: 'while (places.taken() < places.size()) {',
    replace: 'for (let once = true; once && places.taken() < places.size(); once = false) {',
    by: /lost wake-up/,
  },
  {
    name: 'lost wake-up when a task completes later',
    find: '() => {\n        finish(queue);\n        startWhatMay();',
    replace: '() => {\n        finish(queue);',
    by: /lost wake-up|told that it is idle/,
  },
  {
    name: 'a drop that turns a key’s order round',
    file: 'stream/execute/key-queues.ts',
    find: 'queue.head = head;\n  queue.tail = tail;',
    replace:
      'if (tail !== undefined && tail !== head) { tail.next = head; if (head) head.next = undefined; }\n' +
      '  queue.head = tail;\n  queue.tail = head;',
    by: /order in a key/,
  },
  {
    name: 'less room that is not honoured',
    file: 'stream/execute/places.ts',
    find: 'places = checkSize(next);',
    replace: 'places = Math.max(places, checkSize(next));',
    by: /room/,
  },
  {
    name: 'room that is not honoured at all',
    find: 'while (places.taken() < places.size()) {',
    replace: 'while (true) {',
    by: /room/,
  },
  {
    name: 'a pause that is not honoured',
    find: 'paused ? undefined : ready.take(places.canAcquire)',
    replace: 'ready.take(places.canAcquire)',
    by: /nothing starts while paused/,
  },
  {
    name: 'a key kept in memory without work',
    find: 'if (queue.head === undefined) queues.ended(queue);\n    else ready.add(queue, queue.head.arrival, queue.head.task.partition);\n  }\n\n  return',
    replace:
      'if (queue.head) ready.add(queue, queue.head.arrival, queue.head.task.partition);\n  }\n\n  return',
    by: /keys with work/,
  },
  {
    name: 'a task that throws keeps its place',
    find: 'report(error, task);\n      finish(queue);\n      return;',
    replace: 'report(error, task);\n      return;',
    by: /tasks running|lost wake-up/,
  },
  {
    name: 'a parked task that keeps its place',
    file: 'stream/execute/places.ts',
    find: 'release(seat);\n      seat.parked = true;',
    replace: 'seat.parked = true;',
    by: /tasks running|lost wake-up|room/,
  },
  {
    name: 'a place left by a parked task that nobody is told of',
    find: 'places.park(seat);\n      startWhatMay();',
    replace: 'places.park(seat);',
    by: /lost wake-up|lost return/,
  },
  {
    name: 'a place given back twice by a task that ends parked',
    file: 'stream/execute/places.ts',
    find: '      } else release(seat);',
    replace: '      }\n      release(seat);',
    by: /tasks running|room/,
  },
  {
    name: 'another of its key while a task is parked',
    find: 'if (queue.busy) {',
    replace: 'if (queue.busy && !queue.parked) {',
    by: /one at a time/,
  },
  {
    name: 'a task that comes back without room',
    find: '        returning.add(seat, seat.arrival, seat.partition);\n',
    replace: '        places.reacquire(seat, true);\n        resolve();\n',
    by: /room for who comes back/,
  },
  {
    name: 'a task that comes back and is never let in',
    find: 'if (letReturn()) continue;',
    replace: '',
    by: /lost return|whoever asks/,
  },
  {
    name: 'idle although tasks are parked',
    find: 'places.taken() + places.parked() === 0',
    replace: 'places.taken() === 0',
    by: /idle only/,
  },
];

const inOffsets: Found[] = [
  {
    name: 'watermark past a hole',
    find: 'if (state === 0 && at === head) passFinished();',
    replace: 'if (state === 0) {\n      states[head] = 0;\n      passFinished();\n    }',
    by: /not past an undecided record/,
  },
  {
    name: 'watermark past a record that is still being read',
    find: 'watermark: () => (size === 0 ? position : offsetAt(0)),',
    replace: 'watermark: () => (undecided === 0 ? position : offsetAt(0)),',
    by: /not past an undecided record/,
  },
  {
    name: 'watermark past a record of which one event has ended',
    find: "states[at] = pieces === 'open' ? OPEN : pieces * ONE_PIECE;",
    replace: "states[at] = pieces === 'open' ? OPEN : Math.min(1, pieces) * ONE_PIECE;",
    by: /not past an undecided record|no undecided piece/,
  },
  {
    name: 'watermark going backwards',
    find: 'position = Math.max(position, checkOffset(next));',
    replace: 'position = checkOffset(next);',
    by: /never backwards|not backwards/,
  },
  {
    name: 'watermark that stays behind',
    find: 'while (size > 0 && states[head] === 0) {',
    replace: 'if (size > 0 && states[head] === 0) {',
    by: /not behind what is finished/,
  },
];

describe('the executor’s property finds', () => {
  it.each(inExecutor)('$name', async ({ by, ...fault }) => {
    await withFault({ file: 'stream/execute/keyed-executor.ts', ...fault }, async (load) => {
      const faulty = (await load('stream/execute/keyed-executor.ts')) as typeof Executor;
      await expect(checkExecutor(faulty.createKeyedExecutor, FEW_RUNS)).rejects.toThrow(by);
    });
  });
});

describe('the offsets’ property finds', () => {
  it.each(inOffsets)('$name', async ({ by, ...fault }) => {
    await withFault({ ...fault, file: 'stream/partition/partition-offsets.ts' }, async (load) => {
      const faulty = (await load('stream/partition/partition-offsets.ts')) as typeof Offsets;
      expect(() => checkOffsets(faulty.createPartitionOffsets, FEW_RUNS)).toThrow(by);
    });
  });
});
