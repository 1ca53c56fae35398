/**
 * Where the current assignment’s partitions are read from. Opens each partition once Kafka tells its offsets, and moves
 * past what was deleted. Begins anew where the log is not the one that the committed offset belongs to.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Assignment } from '../../stream/partition/assignment.ts';
import type { Partitions } from '../../stream/partitions.ts';
import { messageOf } from '../client/client.ts';
import type { FetchControls } from '../fetch/fetch-controls.ts';
import type { ConsumerMeter } from '../meter.ts';
import { createKnownTopic } from '../offsets/known-topic.ts';
import { createLostPositions } from '../offsets/lost-positions.ts';
import type { OffsetReader, PartitionRange } from '../offsets/offset-reader.ts';
import { findStart, type ResetReason } from '../offsets/start-positions.ts';

const RETRY_MS = 500;
/** Partitions whose leaders take longer to answer are opened later: the others don't wait for them. */
const FIRST_ANSWER_MS = 1000;

export interface PartitionPositions {
  /** Opens the partitions in the background, as Kafka tells their offsets. Never throws. */
  open(assignment: Assignment): void;
  /** Lets the client fetch the partitions again that waited to be opened. */
  releaseHeld(): void;
  /** Makes the client fetch from there next. */
  seek(partition: number, offset: number): void;
  /** Kafka has deleted what lies before `low`, ahead of the reading. Only what was not fetched is lost. */
  passDeleted(partition: number, low: number): void;
  /** Begins a partition anew whose log ends before the position, and gives up its events at work. */
  restart(partition: number, range: PartitionRange): void;
  /** Begins all partitions anew at 0 if the topic is not the one that it was. Never rejects. */
  checkTopic(): Promise<void>;
  /** Takes the ranges of all partitions that Kafka was asked for. */
  readonly sawRanges: (ranges: ReadonlyMap<number, PartitionRange>) => void;
  /**
   * What has happened to a partition’s position since this pod started: offsets deleted unread, and returns to the
   * beginning.
   */
  seenOf(partition: number): { readonly lost: number; readonly resets: number };
}

export interface PositionsOptions {
  readonly topic: string;
  readonly partitions: Partitions;
  readonly reader: OffsetReader;
  readonly client: FetchControls;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: ConsumerMeter;
  /** Called after every join, before its first event. Must not throw. */
  readonly onAssigned?: ((partitions: number) => void) | undefined;
}

export function createPartitionPositions(options: PositionsOptions): PartitionPositions {
  const { partitions, client, reader, logger, clock } = options;
  const gone = createLostPositions(options);
  const topic = createKnownTopic(options);
  /** kafkajs keeps a seek that it has not come to through a join, and would begin there. */
  const pendingSeeks = new Set<number>();
  /** Not opened yet, and paused at the client. */
  const held = new Set<number>();

  function seek(partition: number, offset: number): void {
    pendingSeeks.add(partition);
    client.seek(partition, offset);
  }

  function mayOpen(assignment: Assignment): boolean {
    return (
      assignment === partitions.current && (assignment.state === 'opening' || assignment.state === 'open')
    );
  }

  /** Opens each partition whose offsets Kafka tells now. @returns false where some are left. */
  async function openKnown(assignment: Assignment): Promise<boolean> {
    const committed = await reader.committed();
    const isFirst = assignment.state === 'opening';
    const [ranges, topicId] = await Promise.all([
      reader.ranges(isFirst ? FIRST_ANSWER_MS : undefined),
      assignment.topicId ?? topic.findId(),
    ]);
    if (!mayOpen(assignment)) return true;
    const before = assignment.flows.size;
    // A later answer may come from another topic than the one that partitions were opened of: see checkTopic.
    if (isFirst) assignment.topicId = topicId;
    assignment.committedTopicId ??= topic.committedId(committed);
    if (isFirst) options.onAssigned?.(assignment.partitions.length);
    for (const partition of assignment.partitions) {
      if (assignment.flows.has(partition)) continue;
      const range = ranges.get(partition);
      if (range === undefined) {
        hold(partition);
        continue;
      }
      const { offset, lost, reset, ...start } = findStart(committed.get(partition), range, topicId);
      if (lost !== undefined) gone.deleted(partition, lost.offsets, { ...lost });
      if (reset !== undefined) gone.reset(partition, reset.reason, { ...reset });
      const isElsewhere = start.committed === undefined || held.has(partition);
      if (isElsewhere || assignment.toSeek.has(partition) || pendingSeeks.has(partition)) {
        seek(partition, offset);
      }
      partitions.begin(partition, { ...start, startOffset: offset, highWaterMark: range.high });
      if (held.delete(partition)) client.resume(partition);
    }
    if (isFirst || assignment.flows.size > before) {
      partitions.serve();
      logOpened(isFirst);
    }
    assignment.state = 'open';
    return assignment.flows.size === assignment.partitions.length;
  }

  /** Until it is known where to begin, the client fetches nothing of the partition: it may begin elsewhere. */
  function hold(partition: number): void {
    if (held.has(partition)) return;
    held.add(partition);
    client.pause(partition);
  }

  function logOpened(isFirst: boolean): void {
    if (isFirst && held.size === 0) return;
    const fields = { topic: options.topic, left: [...held] };
    if (held.size > 0) logger.warn(fields, 'partitions without a leader within reach: they wait for it');
    else logger.info(fields, 'all partitions are read');
  }

  async function keepOpening(assignment: Assignment): Promise<void> {
    while (mayOpen(assignment)) {
      try {
        if (await openKnown(assignment)) return;
      } catch (error) {
        if (assignment.state === 'opening')
          logger.warn({ error: messageOf(error) }, 'the committed offsets could not be read, trying again');
      }
      await clock.sleep(RETRY_MS);
    }
  }

  function restart(partition: number, range: PartitionRange, reason: ResetReason = 'cut_off'): void {
    const { current } = partitions;
    if (current?.state !== 'open' || !current.partitions.includes(partition)) return;
    const expected = current.flows.get(partition)?.fetchPosition;
    gone.reset(partition, reason, { expected, range });
    partitions.begin(partition, {
      ...{ startOffset: range.low, committed: undefined, inherited: undefined, highWaterMark: range.high },
    });
    partitions.serve();
  }

  async function checkTopic(): Promise<void> {
    const assignment = partitions.current;
    if (assignment?.state !== 'open') return;
    const topicId = await topic.findId();
    if (topicId === undefined || !mayOpen(assignment)) return;
    const before = assignment.topicId ?? assignment.committedTopicId;
    // Nothing is awaited from here on: a position of the old topic is never committed under the new topic’s id.
    assignment.topicId = topicId;
    if (before === undefined || before === topicId) return;
    // Every topic begins at 0; the known ranges may be of the topic before.
    for (const partition of assignment.flows.keys()) {
      restart(partition, { low: 0, high: 0 }, 'remade');
      seek(partition, 0);
    }
  }

  return {
    open(assignment) {
      void keepOpening(assignment);
    },
    releaseHeld() {
      for (const partition of held) client.resume(partition);
      held.clear();
    },
    seek,
    passDeleted(partition, low) {
      const { current } = partitions;
      const flow = current?.state === 'open' ? current.flows.get(partition) : undefined;
      if (flow === undefined || low <= flow.fetchPosition) return;
      const { fetchPosition: expected } = flow;
      gone.deleted(partition, low - expected, { expected, low });
      // Events fetched before go on to their outcomes, and their commits stay valid.
      flow.append([{ kind: 'skip', next: low, passedOver: 0 }], low);
    },
    restart: (partition, range) => {
      restart(partition, range);
    },
    checkTopic,
    sawRanges(ranges) {
      void checkTopic();
      for (const flow of partitions.current?.flows.values() ?? []) {
        // Only fetches tell of transactions.
        const { high = 0 } = ranges.get(flow.partition) ?? {};
        flow.lastStableOffset = Math.max(flow.lastStableOffset, high);
        flow.highWaterMark = Math.max(flow.highWaterMark, high);
      }
    },
    seenOf: (partition) => ({ lost: gone.lostOf(partition), resets: gone.resetsOf(partition) }),
  };
}
