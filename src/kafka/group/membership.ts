/**
 * From join to join: makes an assignment of each join, finds out where its partitions begin, and hands it over
 * before the next. The one place that changes which assignment is the current one.
 */
import { createAssignment, hasNothingLeft, type Assignment } from '../../stream/partition/assignment.ts';
import { messageOf } from '../client/client.ts';
import { createPartitionShares } from '../../stream/partition/partition-shares.ts';
import { createByteSemaphore } from '../../runtime/collections/byte-semaphore.ts';
import { within } from '../../runtime/deadline.ts';
import { runHandover, revokeAll } from './handover.ts';
import type { JoinAnswer } from './join-gate.ts';
import { createKnownTopic } from '../offsets/known-topic.ts';
import type { MembershipOptions } from './membership-options.ts';
import { createLostPositions } from '../offsets/lost-positions.ts';
import type { PartitionRange } from '../offsets/offset-reader.ts';
import { createPartitionFlow, type PartitionFlow } from '../../stream/partition/partition-flow.ts';
import { findStart, type ResetReason, type StartPosition } from '../offsets/start-positions.ts';

const RETRY_MS = 500;
/** Partitions whose leaders take longer to answer are opened later: the others don't wait for them. */
const FIRST_LOOK_MS = 1000;
/** Enough to go on with until the pump's next turn, for one partition of many. */
const LEAST_READY = 8;
/** What events that were cut from large records hold in this pod: some thousand of a usual size, and never a thousand large ones. */
const MAX_OWN_BYTES = 16 * 1024 * 1024;
/** Of all that may run, so much is taken up ahead: each turn of the loop brings more. */
const AHEAD = 0.5;

export interface Membership {
  readonly current: Assignment | undefined;
  /** Events at work. */
  readonly atWork: number;
  /** Since when there is no open assignment, epoch ms. */
  readonly closedSinceMs: number | undefined;
  /** What has befallen a partition's position since this pod started: offsets deleted unread, and ways back. */
  seenOf(partition: number): { readonly lost: number; readonly resets: number };
  /** May the group be joined now? Begins the handover where it must come first. */
  beforeJoin(): JoinAnswer;
  joined(memberId: string, partitions: readonly number[]): void;
  /** The client has given up: a join that was under way will not end. */
  givenUp(): void;
  /** Makes the client fetch from there next. */
  seek(partition: number, offset: number): void;
  /** Kafka has deleted what lies before `low` ahead of the reading: only what was not fetched is lost. */
  passDeleted(partition: number, low: number): void;
  /** Makes a new flow for a partition whose log ends before what was to be read next. */
  readonly restart: (partition: number, range: PartitionRange) => void;
  /** Begins anew at the beginning where the topic is another than it was. Never rejects. */
  checkTopic(): Promise<void>;
  /** Hands over what there is, and answers every later join with a refusal. Resolves within the drain limit. */
  leave(): Promise<void>;
}

export function createMembership(options: MembershipOptions): Membership {
  const { executor, pump, logger, clock } = options;
  const mostRunning = executor.maxRunning;
  let current: Assignment | undefined;
  let handover: Promise<void> | undefined;
  let leaving = false;
  /** Resolves when the join that is under way has ended; undefined while there is none. */
  let joining: PromiseWithResolvers<void> | undefined;
  let joins = 0;
  let closedSinceMs: number | undefined = clock.now();
  let eventShares = createPartitionShares(options.maxInFlightEvents, 1);
  const gone = createLostPositions(options);
  let ownBytesShares = createPartitionShares(MAX_OWN_BYTES, 1);
  const unpackSemaphore = createByteSemaphore({ capacityBytes: options.maxRecordBytes });
  const topic = createKnownTopic(options);
  /** The client keeps a seek that it has not come to through a join, and would begin there. */
  const pendingSeeks = new Set<number>();
  /** Not opened yet, and paused at the client. */
  const heldBack = new Set<number>();

  function seek(partition: number, offset: number): void {
    pendingSeeks.add(partition);
    options.seek(partition, offset);
  }

  function startHandover(assignment: Assignment): Promise<void> {
    closedSinceMs ??= clock.now();
    handover ??= runHandover(assignment, options).finally(() => (handover = undefined));
    return handover;
  }

  function beforeJoin(): JoinAnswer {
    if (current !== undefined && current.state !== 'over') {
      // Nothing to finish and nothing to commit: no need to hold anybody up.
      if (current.state === 'opening' || (current.state === 'open' && hasNothingLeft(current))) {
        current.state = 'over';
        closedSinceMs ??= clock.now();
        for (const flow of current.flows.values()) flow.lose();
      } else {
        void startHandover(current);
        return 'hold';
      }
    }
    if (leaving) {
      joining?.resolve();
      return 'refuse';
    }
    joining ??= Promise.withResolvers();
    return 'join';
  }

  function makeFlow(
    partition: number,
    range: PartitionRange,
    start: Pick<StartPosition, 'offset'> & Partial<StartPosition>,
  ): PartitionFlow {
    return createPartitionFlow({
      ...options.flow,
      topic: options.topic,
      partition,
      startOffset: start.offset,
      committed: start.committed,
      isCommittedFirst: start.isCommittedFirst === true,
      inherited: start.inherited,
      highWaterMark: range.high,
      maxRecordBytes: options.maxRecordBytes,
      maxUncommittedEvents: options.maxUncommittedEvents,
      eventShares,
      ownBytesShares,
      unpackSemaphore,
      executor,
      readyAhead: Math.max(
        LEAST_READY,
        Math.ceil((AHEAD * mostRunning) / Math.max(1, current?.partitions.length ?? 1)),
      ),
      intake: options.intake,
    });
  }

  /** Opens each partition whose offsets Kafka tells now. @returns false where some are left. */
  async function open(assignment: Assignment): Promise<boolean> {
    const committed = await options.reader.committed();
    const isFirst = assignment.state === 'opening';
    const [ranges, topicId] = await Promise.all([
      options.reader.ranges(isFirst ? FIRST_LOOK_MS : undefined),
      assignment.topicId ?? topic.findId(),
    ]);
    if (!mayOpen(assignment)) return true;
    const before = assignment.flows.size;
    // A later answer may be of another topic than the one that partitions were opened of: see checkTopic.
    if (isFirst) assignment.topicId = topicId;
    assignment.committedTopicId ??= topic.committedId(committed);
    if (isFirst) {
      eventShares = createPartitionShares(options.maxInFlightEvents, assignment.partitions.length);
      ownBytesShares = createPartitionShares(MAX_OWN_BYTES, assignment.partitions.length);
      executor.shareBetween(Math.max(1, assignment.partitions.length));
      options.onAssigned?.(assignment.partitions.length);
    }
    for (const partition of assignment.partitions) {
      if (assignment.flows.has(partition)) continue;
      const range = ranges.get(partition);
      if (range === undefined) {
        holdBack(partition);
        continue;
      }
      const start = findStart(committed.get(partition), range, topicId);
      if (start.lost !== undefined) gone.deleted(partition, start.lost.offsets, { ...start.lost });
      if (start.reset !== undefined) gone.reset(partition, start.reset.reason, { ...start.reset });
      const isElsewhere = start.committed === undefined || heldBack.has(partition);
      if (isElsewhere || assignment.toSeek.has(partition) || pendingSeeks.has(partition)) {
        seek(partition, start.offset);
      }
      assignment.flows.set(partition, makeFlow(partition, range, start));
      if (heldBack.delete(partition)) options.resume(partition);
    }
    if (assignment.state === 'opening' || assignment.flows.size > before) {
      pump.serve([...assignment.flows.values()]);
      tellOpened(assignment);
    }
    assignment.state = 'open';
    closedSinceMs = undefined;
    return assignment.flows.size === assignment.partitions.length;
  }

  /** Until it is known where to begin, the client fetches nothing of it: it may begin elsewhere. */
  function holdBack(partition: number): void {
    if (heldBack.has(partition)) return;
    heldBack.add(partition);
    options.pause(partition);
  }

  function tellOpened(assignment: Assignment): void {
    if (assignment.state === 'opening' && heldBack.size === 0) return;
    const fields = { topic: options.topic, left: [...heldBack] };
    if (heldBack.size > 0) logger.warn(fields, 'partitions without a leader within reach: they wait for it');
    else logger.info(fields, 'all partitions are read');
  }

  function mayOpen(assignment: Assignment): boolean {
    return assignment === current && (assignment.state === 'opening' || assignment.state === 'open');
  }

  async function keepOpening(assignment: Assignment): Promise<void> {
    while (mayOpen(assignment)) {
      try {
        if (await open(assignment)) return;
      } catch (error) {
        if (assignment.state === 'opening')
          logger.warn({ error: messageOf(error) }, 'the committed offsets could not be read, trying again');
      }
      await clock.sleep(RETRY_MS);
    }
  }

  // What is at work is given up: it is of a log that is gone.
  function restart(partition: number, range: PartitionRange, reason: ResetReason = 'cut_off'): void {
    if (current?.state !== 'open' || !current.partitions.includes(partition)) return;
    const expected = current.flows.get(partition)?.fetchPosition;
    gone.reset(partition, reason, { expected, range });
    current.flows.get(partition)?.lose();
    current.flows.set(partition, makeFlow(partition, range, { offset: range.low }));
    pump.serve([...current.flows.values()]);
  }

  return {
    get current() {
      return current;
    },
    get atWork() {
      return executor.running;
    },
    get closedSinceMs() {
      return closedSinceMs;
    },
    seenOf: (partition) => ({ lost: gone.lostOf(partition), resets: gone.resetsOf(partition) }),
    beforeJoin,
    seek,
    joined(memberId, partitions) {
      if (current !== undefined) revokeAll(current);
      current = createAssignment(memberId, partitions);
      joining?.resolve();
      joining = undefined;
      closedSinceMs ??= clock.now();
      joins += 1;
      if (joins > 1) options.meter.rebalanced();
      logger.info({ topic: options.topic, partitions: current.partitions, joins }, 'joined the group');
      pump.serve([]);
      for (const partition of heldBack) options.resume(partition);
      heldBack.clear();
      if (leaving) {
        current.state = 'over';
        return;
      }
      executor.resume();
      void keepOpening(current);
    },
    passDeleted(partition, low) {
      const flow = current?.state === 'open' ? current.flows.get(partition) : undefined;
      if (flow === undefined || low <= flow.fetchPosition) return;
      const { fetchPosition: expected } = flow;
      gone.deleted(partition, low - expected, { expected, low });
      // What was fetched before goes on to its outcomes, and its commits stay valid.
      flow.append([{ kind: 'skip', next: low, passedOver: 0 }], low);
    },
    restart,
    async checkTopic() {
      const assignment = current;
      if (assignment?.state !== 'open') return;
      const topicId = await topic.findId();
      if (topicId === undefined || !mayOpen(assignment)) return;
      const before = assignment.topicId ?? assignment.committedTopicId;
      // From here on nothing is waited for: a position of the topic before is never committed under this one's id.
      assignment.topicId = topicId;
      if (before === undefined || before === topicId) return;
      // Every topic begins at 0; what ranges were known may be of the one before.
      for (const partition of assignment.flows.keys()) {
        restart(partition, { low: 0, high: 0 }, 'remade');
        seek(partition, 0);
      }
    },
    givenUp() {
      joining?.resolve();
      joining = undefined;
    },
    async leave() {
      leaving = true;
      // Whoever leaves in the middle of a join would stay a member, without a heartbeat, and hold everybody up.
      if (joining !== undefined) {
        await within(joining.promise, { limitMs: options.drainTimeoutMs, clock });
      } else if (current?.state === 'opening') {
        current.state = 'over';
      } else if (current !== undefined && current.state !== 'over') {
        await startHandover(current);
      }
    },
  };
}
