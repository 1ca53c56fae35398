/**
 * Kafka as a consumer group sees it, in memory: partitions with gaps and control records, one group with its
 * generations, and the committed offsets. Every commit is judged when it arrives: what is accepted must not pass
 * an undecided event, go backwards, or be for a partition that the sender does not hold in the generation named.
 * What is against that is kept in `violations`.
 */
import { decodeIncompleteOffsets } from '../../../src/stream/partition/incomplete-offsets.ts';
import { decodeOffsetMetadata } from '../../../src/kafka/offsets/offset-metadata.ts';
import { isDecided } from '../../../src/stream/partition/progress.ts';

export type LogEntry =
  | {
      readonly kind: 'record';
      readonly offset: number;
      readonly users: readonly string[];
      readonly large: boolean;
    }
  /** A transaction's marker: an offset that no consumer is handed. */
  | { readonly kind: 'control'; readonly offset: number };

export interface FakePartition {
  readonly entries: readonly LogEntry[];
  /** One beyond the last offset. */
  readonly end: number;
}

/** What becomes of a commit: `lost` is applied, and its answer never arrives; `hang` waits for `releaseCommits`. */
export type CommitFate = 'ok' | 'fail' | 'lost' | 'hang';

export interface CommitRequest {
  readonly memberId: string;
  readonly generation: number;
  readonly partitions: readonly { partition: number; offset: string; metadata?: string | null }[];
}

export interface FakeGroup {
  readonly partitions: readonly FakePartition[];
  readonly violations: string[];
  commitFate: CommitFate;
  /** Until every member has joined again; commits of the generation before are taken meanwhile. */
  rebalancing: boolean;
  readonly generation: number;
  members(): ReadonlySet<string>;
  committed(partition: number): { readonly offset: number; readonly metadata: string } | undefined;
  /** Begins a generation of these members. @returns each one's partitions. */
  form(members: readonly string[]): ReadonlyMap<string, readonly number[]>;
  /** The session is over: the group goes on without this member. */
  expel(member: string): void;
  heartbeat(member: string, generation: number): Promise<void>;
  commit(request: CommitRequest): Promise<void>;
  /** What hangs arrives, the newest first. */
  releaseCommits(): void;
  decide(partition: number, offset: number, index: number): void;
  /** How often it was decided. */
  timesDecided(partition: number, offset: number, index: number): number;
  isWhollyDecided(partition: number, entry: LogEntry): boolean;
}

export function createFakeGroup(partitions: readonly FakePartition[]): FakeGroup {
  const violations: string[] = [];
  const committed = new Map<number, { offset: number; metadata: string }>();
  const decided = new Map<string, number>();
  /** By generation: who held what. */
  const history: ReadonlyMap<string, readonly number[]>[] = [new Map()];
  const hanging: (() => void)[] = [];
  let members = new Set<string>();

  const keyOf = (partition: number, offset: number, index: number) => `${partition}/${offset}/${index}`;
  const timesDecided = (partition: number, offset: number, index: number) =>
    decided.get(keyOf(partition, offset, index)) ?? 0;
  const isWhollyDecided = (partition: number, entry: LogEntry) =>
    entry.kind === 'control' ||
    entry.users.every((_, index) => timesDecided(partition, entry.offset, index) > 0);

  function apply({ memberId, generation, partitions: rows }: CommitRequest): void {
    if (!members.has(memberId)) throw brokerError('UNKNOWN_MEMBER_ID');
    if (generation !== group.generation) throw brokerError('ILLEGAL_GENERATION');
    for (const { partition, offset: text, metadata } of rows) {
      const offset = Number(text);
      const entries = partitions[partition]?.entries ?? [];
      const what = `${memberId} commits ${partition}@${offset}`;
      if (history[generation]?.get(memberId)?.includes(partition) !== true)
        violations.push(`${what}: not held in generation ${generation}`);
      if (offset < (committed.get(partition)?.offset ?? 0)) violations.push(`${what}: backwards`);
      const open = entries.find((entry) => entry.offset < offset && !isWhollyDecided(partition, entry));
      if (open !== undefined) violations.push(`${what}: past the undecided ${open.offset}`);
      const incomplete = decodeIncompleteOffsets(decodeOffsetMetadata(metadata ?? '').incomplete, offset);
      const denied = entries.find(
        (entry) =>
          incomplete !== undefined &&
          entry.offset >= offset &&
          entry.offset < incomplete.until &&
          !incomplete.undecided.has(entry.offset) &&
          !isWhollyDecided(partition, entry),
      );
      if (denied !== undefined) violations.push(`${what}: its metadata calls ${denied.offset} decided`);
      for (const entry of entries) {
        const pieces = incomplete?.undecided.get(entry.offset);
        if (pieces === undefined || entry.kind === 'control') continue;
        const index = entry.users.findIndex(
          (_, at) => isDecided(pieces, at) && timesDecided(partition, entry.offset, at) === 0,
        );
        if (index >= 0) violations.push(`${what}: its metadata calls ${entry.offset}.${index} decided`);
      }
      committed.set(partition, { offset, metadata: metadata ?? '' });
    }
  }

  const group: FakeGroup = {
    partitions,
    violations,
    commitFate: 'ok',
    rebalancing: false,
    get generation() {
      return history.length - 1;
    },
    members: () => members,
    committed: (partition) => committed.get(partition),
    form(ids) {
      members = new Set(ids);
      const held = new Map<string, number[]>(ids.map((id) => [id, []]));
      for (const partition of partitions.keys()) held.get(ids[partition % ids.length]!)!.push(partition);
      history.push(held);
      group.rebalancing = false;
      return held;
    },
    expel(member) {
      members.delete(member);
      history.push(new Map());
    },
    async heartbeat(member, generation) {
      if (!members.has(member)) throw brokerError('UNKNOWN_MEMBER_ID');
      if (group.rebalancing) throw brokerError('REBALANCE_IN_PROGRESS');
      if (generation !== group.generation) throw brokerError('ILLEGAL_GENERATION');
    },
    async commit(request) {
      const held = history[request.generation]?.get(request.memberId) ?? [];
      const foreign = request.partitions.find(({ partition }) => !held.includes(partition));
      if (foreign !== undefined)
        violations.push(`${request.memberId} sends a commit for ${foreign.partition}: not held`);
      const fate = group.commitFate;
      if (fate === 'fail') throw brokerError('REQUEST_TIMED_OUT');
      if (fate === 'hang') await new Promise<void>((resolve) => hanging.push(resolve));
      apply(request);
      if (fate === 'lost') throw brokerError('REQUEST_TIMED_OUT');
    },
    releaseCommits() {
      for (const release of hanging.splice(0).reverse()) release();
    },
    decide(partition, offset, index) {
      const key = keyOf(partition, offset, index);
      decided.set(key, (decided.get(key) ?? 0) + 1);
    },
    timesDecided,
    isWhollyDecided,
  };
  return group;
}

function brokerError(type: string): Error {
  return Object.assign(new Error(type), { type });
}
