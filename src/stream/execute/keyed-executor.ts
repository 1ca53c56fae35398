/**
 * Runs tasks side by side, tasks of one key one at a time and in the order of their arrival. A slow key holds up only
 * itself. A task that only waits is parked: it keeps its key and gives its place to another task.
 *
 * Partitions share the places fairly: one whose tasks are all slow leaves places for the others. Of all ready keys
 * whose partition may have a place, the key with the oldest head goes first. That starves no key, lets the watermark
 * move on, and keeps a hot key from queueing behind all others for each task.
 *
 * One loop starts tasks and is never entered twice: a million tasks that complete synchronously need no stack.
 */
import { createKeyQueues, removeDropped } from './key-queues.ts';
import { createPlaces, type Parking, type Seat } from './places.ts';
import { createReadyQueues, type QueuedTask, type KeyQueue } from './ready-queues.ts';

export interface KeyedTask {
  /** Tasks with the same key run one at a time, in the order in which they were submitted. */
  readonly key: string | symbol;
  /** The partition whose share of the places it takes; undefined is one more share. */
  readonly partition?: number | undefined;
  /**
   * Called at most once, before `run` or `drop`, when the task is next of its key and another of that key runs. Must
   * not throw.
   */
  ahead?(): void;
  /** Called at most once. May complete synchronously, throw or reject: the task has finished in each case. */
  run(seat: Seat): void | Promise<void>;
  /** Called instead of `run`, at most once, when the task is dropped before its start. */
  drop(): void;
}

export interface KeyedExecutor extends Parking {
  /**
   * Starts the task before it returns where the key is idle, the partition has a place and nothing older of the
   * partition is ready. Else the task waits. Inside another task’s synchronous part it starts once that part has
   * returned.
   */
  submit(task: KeyedTask): void;
  /** Tasks at work: 0 … {@link maxRunning}; above it only after it was lowered, and by {@link Parking.unpark}. */
  readonly running: number;
  /** Tasks started and not finished that have given their place back. */
  readonly parked: number;
  /** Tasks submitted and neither started nor dropped. */
  readonly waiting: number;
  /** Keys that have a running, a parked or a waiting task: only these cost memory. */
  readonly keys: number;
  readonly maxRunning: number;
  /** Tasks that have run and finished so far. */
  readonly ended: number;
  /** Tasks running for at least two ticks: waiting on I/O, not on the CPU. */
  readonly longRunning: number;
  /** One tick of the clock that {@link longRunning} goes by, at any pace. O(1). */
  tick(): void;
  /** Keys of this partition that could start a task now, if there were a place. */
  readyOf(partition: number | undefined): number;
  /** @param maxRunning an integer ≥ 1, or Infinity. Lowering it lets what runs finish. @throws RangeError */
  setMaxRunning(maxRunning: number): void;
  /** @param partitions that share the places, ≥ 1; 1 at first. */
  shareBetween(partitions: number): void;
  /** Starts nothing more until {@link resume}. What runs or is parked goes on, what is submitted waits. */
  pause(): void;
  resume(): void;
  /**
   * Drops waiting tasks, all or those that `only` picks; the others keep their order. `drop` is called in
   * order of arrival, after the tasks have left the executor. O(waiting).
   * @returns how many were dropped.
   */
  dropWaiting(only?: (task: KeyedTask) => boolean): number;
  /** Resolves as soon as nothing runs, nothing is parked and, unless paused, nothing waits. Never rejects. */
  whenIdle(): Promise<void>;
}

export interface KeyedExecutorOptions {
  /** How many tasks may run at once: an integer ≥ 1, or Infinity. */
  readonly maxRunning: number;
  /** Hears of every error that a task’s `run` or `drop` throws or rejects with. Must not throw itself. */
  onFault(error: unknown, task: KeyedTask): void;
}

/**
 * O(1) an event while places are free. Else O(partitions + log ready keys) to find the oldest.
 * @throws RangeError where `maxRunning` is out of its range.
 */
export function createKeyedExecutor(options: KeyedExecutorOptions): KeyedExecutor {
  const queues = createKeyQueues<KeyedTask>();
  const ready = createReadyQueues<KeyQueue<KeyedTask>>();
  /** Of parked tasks that want to go on. */
  const returning = createReadyQueues<Seat>();
  const places = createPlaces(options.maxRunning);
  const idleWaiters: (() => void)[] = [];
  let ended = 0;
  let waiting = 0;
  let arrivals = 0;
  let paused = false;
  let starting = false;

  function isIdle(): boolean {
    return places.taken() + places.parked() === 0 && !starting && (paused || waiting === 0);
  }

  function tellIdle(): void {
    if (idleWaiters.length > 0 && isIdle()) for (const resolve of idleWaiters.splice(0)) resolve();
  }

  function report(error: unknown, task: KeyedTask): void {
    try {
      options.onFault(error, task);
    } catch (fault) {
      // A defect of the caller must be seen, and must not tear this bookkeeping apart.
      queueMicrotask(() => {
        throw fault;
      });
    }
  }

  /** The only place where tasks are started. */
  function startWhatMay(): void {
    if (starting) return;
    starting = true;
    while (places.taken() < places.size()) {
      if (letReturn()) continue;
      const queue = paused ? undefined : ready.take(places.canAcquire);
      if (queue === undefined) break;
      startHead(queue);
    }
    starting = false;
    tellIdle();
  }

  /** Returning tasks come first, as they arrived before what has not started. But they take only some of the places. */
  function letReturn(): boolean {
    if (returning.isEmpty()) return false;
    if (!paused && !ready.isEmpty() && !places.canReturn()) return false;
    const seat = returning.take(places.canAcquire);
    if (seat === undefined) return false;
    const { admit } = seat;
    if (admit === undefined) return true;
    seat.admit = undefined;
    if (seat.parked) places.reacquire(seat, true);
    admit();
    return true;
  }

  function startHead(queue: KeyQueue<KeyedTask>): void {
    const head = queue.head;
    if (head === undefined) return;
    const next = (queue.head = head.next);
    // A finished task in the old space would keep all that follow it alive.
    head.next = undefined;
    if (queue.head === undefined) queue.tail = undefined;
    queue.busy = true;
    queue.arrival = head.arrival;
    waiting -= 1;
    const { task } = head;
    places.acquire(queue, task.partition);
    let result: void | Promise<void>;
    try {
      result = task.run(queue);
    } catch (error) {
      report(error, task);
      finish(queue);
      return;
    }
    if (result === undefined) {
      finish(queue);
      return;
    }
    if (next !== undefined && next === queue.head) next.task.ahead?.();
    result.then(
      () => {
        finish(queue);
        startWhatMay();
      },
      (error: unknown) => {
        report(error, task);
        finish(queue);
        startWhatMay();
      },
    );
  }

  function finish(queue: KeyQueue<KeyedTask>): void {
    ended += 1;
    places.leave(queue);
    queue.busy = false;
    if (queue.head === undefined) queues.ended(queue);
    else ready.add(queue, queue.head.arrival, queue.head.task.partition);
  }

  return {
    get running() {
      return places.taken();
    },
    get parked() {
      return places.parked();
    },
    get waiting() {
      return waiting;
    },
    get keys() {
      return queues.size();
    },
    get ended() {
      return ended;
    },
    get maxRunning() {
      return places.size();
    },
    get longRunning() {
      return places.longRunning();
    },
    tick: () => places.tick(),
    readyOf: (partition) => ready.count(partition),
    park(seat) {
      if (seat.parked || !seat.busy) return;
      places.park(seat);
      startWhatMay();
    },
    unpark(seat) {
      if (seat.parked) places.reacquire(seat, false);
    },
    whenRoom(seat) {
      if (!seat.parked) return undefined;
      return new Promise((resolve) => {
        seat.admit = resolve;
        returning.add(seat, seat.arrival, seat.partition);
        startWhatMay();
      });
    },
    submit(task) {
      const arrived: QueuedTask<KeyedTask> = { task, arrival: arrivals, next: undefined, toDrop: false };
      arrivals += 1;
      waiting += 1;
      const queue = queues.take(task.key, task.partition);
      if (queue.tail !== undefined) {
        queue.tail.next = arrived;
        queue.tail = arrived;
        return;
      }
      queue.head = queue.tail = arrived;
      if (queue.busy) {
        // The end of the key’s running task makes the queue ready.
        task.ahead?.();
        return;
      }
      ready.add(queue, arrived.arrival, task.partition);
      startWhatMay();
    },
    setMaxRunning(value) {
      places.resize(value);
      startWhatMay();
    },
    shareBetween(partitions) {
      places.shareBetween(partitions);
      startWhatMay();
    },
    pause() {
      paused = true;
      tellIdle();
    },
    resume() {
      paused = false;
      startWhatMay();
    },
    dropWaiting(only) {
      // All tasks are asked first, so that an `only` that throws has changed nothing.
      const dropped: QueuedTask<KeyedTask>[] = [];
      queues.forEach((queue) => {
        for (let node = queue.head; node !== undefined; node = node.next) {
          node.toDrop = only?.(node.task) ?? true;
          if (node.toDrop) dropped.push(node);
        }
      });
      if (dropped.length === 0) return 0;
      ready.clear();
      queues.forEach((queue) => {
        removeDropped(queue);
        if (queue.busy) return;
        if (queue.head === undefined) queues.ended(queue);
        else ready.add(queue, queue.head.arrival, queue.head.task.partition);
      });
      waiting -= dropped.length;
      dropped.sort((a, b) => a.arrival - b.arrival);
      for (const { task } of dropped) {
        try {
          task.drop();
        } catch (error) {
          report(error, task);
        }
      }
      startWhatMay();
      return dropped.length;
    },
    whenIdle() {
      if (isIdle()) return Promise.resolve();
      return new Promise((resolve) => {
        idleWaiters.push(resolve);
      });
    },
  };
}
