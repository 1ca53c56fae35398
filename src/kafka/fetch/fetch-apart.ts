/**
 * Fetches from each broker by itself. kafkajs 2.2.4 has a fetch loop for each broker, and ends all of them where one
 * fails. It throws away what the others have fetched. A rebalance waits for the slowest loop, whose connection may
 * swallow everything.
 *
 * Here a loop never waits long and never fails for its broker. It gets an empty answer instead, the failure is kept by
 * the broker’s id, and the broker is tried again a second later. The loop’s next turn waits again for a fetch that is
 * under way. It gets the answer where it wants the same offset.
 *
 * One failure is not the broker’s alone: a login that all brokers refuse for a while. The password was changed, and no
 * waiting brings it to this process: the consumer ends with that reason.
 */
import type { Broker } from 'kafkajs';
import { within } from '../../runtime/deadline.ts';
import { brokerErrorType, findCause, messageOf } from '../client/broker-error.ts';
import type { InsideCluster } from '../client/kafkajs-inside.ts';
import { EARLIEST, LATEST, listOffsets } from '../offsets/list-offsets.ts';
import { expireWithin } from '../client/metadata-beside.ts';

/** How long a loop waits for its broker. A rebalance and the loop’s heartbeats wait at most this long. */
const TURN_MS = 250;
const RETRY_MS = 1000;
const LOOK_MS = 100;
/** A fetch without an answer for this long shows in the status; the client’s own time limit ends it. */
const SILENT_MS = 3000;

/** All brokers refuse the login for this long: then no broker was just closing its connection. */
const LOGIN_PATIENCE_MS = 10_000;

/** Why a partition is not being fetched, in words; undefined where no reason is known. */
export type FindFetchFault = (topic: string, partition: number) => string | undefined;

interface Wanted {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[];
  }[];
}

interface Answer {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number }[];
  }[];
}

interface UnderWay {
  readonly wanted: Wanted;
  readonly answer: Promise<Answer>;
  readonly sinceMs: number;
}

const NOTHING: Answer = { responses: [] };

/** Makes the fetch loops of this cluster's consumer independent of each other. */
export function fetchApart(cluster: InsideCluster): FindFetchFault {
  const find = cluster.findBroker.bind(cluster);
  // Looking for the coordinator must show its failures.
  const forCoordinator = Object.create(cluster, { findBroker: { value: find } }) as InsideCluster;
  const findGroupCoordinator = cluster.findGroupCoordinator.bind(forCoordinator);
  const unreachable = new Map<string, string>();
  const lanes = new Map<string, Broker>();
  /** Since when each broker has refused every login, monotonic ms. */
  const refusing = new Map<string, number>();

  /** @throws the refusal once every fetched broker has refused for long. */
  function noteFailure(nodeId: string, error: unknown): void {
    const refusal = refusedLogin(error);
    if (refusal === undefined) {
      refusing.delete(nodeId);
      return;
    }
    const nowMs = performance.now();
    if (!refusing.has(nodeId)) refusing.set(nodeId, nowMs);
    const isLasting = (id: string): boolean => nowMs - (refusing.get(id) ?? nowMs) >= LOGIN_PATIENCE_MS;
    if ([...lanes.keys()].every(isLasting)) throw refusal;
  }

  function openLane(nodeId: string): Broker {
    let underWay: UnderWay | undefined;
    let restUntilMs = 0;

    /** A failure to connect is this broker’s alone. */
    async function reach(): Promise<Broker> {
      try {
        return await find({ nodeId });
      } catch (error) {
        throw new UnreachableError(error);
      }
    }

    async function ask(wanted: Wanted): Promise<Answer> {
      const restMs = restUntilMs - performance.now();
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
      try {
        const broker = await reach();
        const answer: unknown = await broker.fetch(wanted as Parameters<Broker['fetch']>[0]);
        unreachable.delete(nodeId);
        refusing.delete(nodeId);
        return answer as Answer;
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        noteFailure(nodeId, error);
        unreachable.set(nodeId, messageOf(error));
        restUntilMs = performance.now() + RETRY_MS;
        expireWithin(cluster.brokerPool, LOOK_MS);
        return NOTHING;
      }
    }

    async function fetch(wanted: Wanted): Promise<Answer> {
      const current = (underWay ??= { wanted, answer: ask(wanted), sinceMs: performance.now() });
      let answer: Answer | undefined;
      try {
        answer = await within(current.answer, { limitMs: TURN_MS });
      } catch (error) {
        underWay = undefined;
        throw error;
      }
      if (answer === undefined) {
        if (performance.now() - current.sinceMs > SILENT_MS && !unreachable.has(nodeId)) {
          unreachable.set(nodeId, `no answer for ${String(SILENT_MS)} ms`);
        }
        return NOTHING;
      }
      underWay = undefined;
      return current.wanted === wanted ? answer : stillWanted(answer, current.wanted, wanted);
    }
    return { fetch } as unknown as Broker;
  }

  cluster.findGroupCoordinator = findGroupCoordinator;
  cluster.findBroker = ({ nodeId }) => {
    const lane = lanes.get(nodeId) ?? openLane(nodeId);
    lanes.set(nodeId, lane);
    return Promise.resolve(lane);
  };
  // Where kafkajs would begin with nothing committed. A partition without an answer has no leader within reach: nothing
  // of it is taken until its start is known, and the client seeks there.
  cluster.fetchTopicsOffset = (topics) =>
    Promise.all(
      topics.map(async ({ topic, partitions, ...from }) => {
        const timestamp = 'fromBeginning' in from && from.fromBeginning ? EARLIEST : LATEST;
        const asked = partitions.map(({ partition }) => partition);
        const found = await listOffsets(cluster, {
          ...{ topic, partitions: asked, timestamp, withinMs: RETRY_MS },
          findBroker: find,
        });
        return {
          topic,
          partitions: asked.map((partition) => ({ partition, offset: found.get(partition) ?? '0' })),
        };
      }),
    );

  return (topic, partition) => {
    const { topicMetadata = [] } = cluster.brokerPool.metadata ?? {};
    const partitions = topicMetadata.find((one) => one.topic === topic)?.partitionMetadata;
    const leader = partitions?.find(({ partitionId }) => partitionId === partition)?.leader;
    if (leader === undefined) return undefined;
    if (leader < 0) return 'no leader';
    const reason = unreachable.get(String(leader));
    if (reason === undefined) return undefined;
    return `its leader, broker ${String(leader)}, can not be reached: ${reason}`;
  };
}

/** The broker’s name, certificate, login or connection failed. */
class UnreachableError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

const BROKEN = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
]);

/** The broker gave no answer: it could not be reached, broke off, or said nothing. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  if (refusedLogin(error) !== undefined) return true;
  if (!(error instanceof Error) || brokerErrorType(error) !== undefined) return false;
  return BROKEN.has(error.name) || error.message === 'Broker not connected';
}

/** kafkajs’s error for a login that the broker refuses or breaks off, also behind what wraps it. */
function refusedLogin(error: unknown): Error | undefined {
  return findCause(error, ({ name }) => name === 'KafkaJSSASLAuthenticationError');
}

/** Keeps of an earlier turn’s answer what this turn wants from the same offset. */
function stillWanted(answer: Answer, asked: Wanted, wanted: Wanted): Answer {
  const responses = answer.responses.map((response) => ({
    ...response,
    partitions: response.partitions.filter(({ partition }) => {
      const offset = offsetIn(wanted, response.topicName, partition);
      return offset !== undefined && offset === offsetIn(asked, response.topicName, partition);
    }),
  }));
  return { ...answer, responses: responses.filter(({ partitions }) => partitions.length > 0) };
}

function offsetIn({ topics }: Wanted, topic: string, partition: number): string | undefined {
  return topics
    .filter((one) => one.topic === topic)
    .flatMap(({ partitions }) => partitions)
    .find((one) => one.partition === partition)?.fetchOffset;
}
