/**
 * Asks the next broker when the first does not answer soon, for what any broker can answer: metadata, who coordinates a
 * group. So a broker that this pod can’t reach, or that takes a connection and says nothing, costs a second.
 *
 * kafkajs 2.2.4 asks one broker until its request times out, a connected one where there is one. It connects to the
 * first seed that takes a connection, whether that seed says anything or not.
 */
import type { Broker } from 'kafkajs';
import type { HostPort } from '../../runtime/address.ts';
import type { InsideCluster } from './kafkajs-inside.ts';
import { brokerErrorType } from './broker-error.ts';

/** After this long without an answer the next broker is asked, too. */
const NEXT_AFTER_MS = 1000;
/** A broker that did not answer is asked after the others for this long. */
const DOUBTED_MS = 30_000;

type Try<T> = () => Promise<T>;

/** Makes this cluster find any broker that answers. @param seeds where the cluster is looked for, in turn. */
export function askAnyBroker(cluster: InsideCluster, seeds: readonly HostPort[]): void {
  const pool = cluster.brokerPool;
  const doubtedUntil = new Map<string, number>();
  const findOriginal = pool.findConnectedBroker.bind(pool);

  function inTurn(): string[] {
    const now = performance.now();
    const cost = (nodeId: string): number =>
      (pool.brokers[nodeId]?.isConnected() === true ? 0 : 1) +
      ((doubtedUntil.get(nodeId) ?? 0) > now ? 2 : 0);
    const shuffled = Object.keys(pool.brokers)
      .map((nodeId) => ({ nodeId, by: cost(nodeId) + Math.random() / 2 }))
      .sort((a, b) => a.by - b.by);
    return shuffled.map(({ nodeId }) => nodeId);
  }

  function askKnown<T>(ask: (broker: Broker, nodeId: string) => Promise<T>, isFinal: IsFinal): Promise<T> {
    const tries = inTurn().map((nodeId) => async (): Promise<T> => {
      const late = setTimeout(() => doubtedUntil.set(nodeId, performance.now() + DOUBTED_MS), NEXT_AFTER_MS);
      try {
        const answer = await ask(await pool.findBroker({ nodeId }), nodeId);
        doubtedUntil.delete(nodeId);
        return answer;
      } catch (error) {
        if (!isFinal(error)) doubtedUntil.set(nodeId, performance.now() + DOUBTED_MS);
        throw error;
      } finally {
        clearTimeout(late);
      }
    });
    return firstAnswer(tries, isFinal);
  }

  async function connectToSeed(): Promise<Broker> {
    const tries = seeds.map((seed) => async () => {
      const connectionPool = await cluster.connectionPoolBuilder.build(seed);
      const broker = pool.createBroker({ connectionPool, logger: pool.rootLogger });
      try {
        await broker.connect();
        return broker;
      } catch (error) {
        broker.disconnect().catch(() => undefined);
        throw error;
      }
    });
    const connected = await firstAnswer(tries, () => false, discard);
    const before = pool.seedBroker;
    pool.seedBroker = connected;
    pool.versions = connected.versions;
    if (before !== undefined && !Object.values(pool.brokers).includes(before)) discard(before);
    return connected;
  }

  pool.connect = async () => {
    if (pool.hasConnectedBrokers()) return;
    await pool.retrier(async (bail) => {
      try {
        await connectToSeed();
      } catch (error) {
        if (error instanceof Error && 'retriable' in error && error.retriable === true) throw error;
        bail(error);
      }
    });
  };

  pool.findConnectedBroker = async () => {
    if (pool.seedBroker === undefined || Object.keys(pool.brokers).length === 0) return findOriginal();
    const metadata = async (topics: string[]): ReturnType<Broker['metadata']> => {
      try {
        return await askKnown((broker) => broker.metadata(topics), isAnswer);
      } catch (error) {
        if (isAnswer(error)) throw error;
        // No known broker answers: all may have moved to other addresses.
        return (await connectToSeed()).metadata(topics);
      }
    };
    return { metadata } as Broker;
  };

  // Another broker may know more, so no refusal is final; the last one is thrown.
  pool.withBroker = async (ask) => {
    // All known brokers are gone, as after the end of a whole cluster: a seed may be back.
    if (Object.keys(pool.brokers).length === 0) return ask({ nodeId: 'seed', broker: await connectToSeed() });
    return askKnown(
      (broker, nodeId) => ask({ nodeId, broker }),
      () => false,
    );
  };
}

type IsFinal = (error: unknown) => boolean;

/** The broker has answered: another one would say the same. */
function isAnswer(error: unknown): boolean {
  return brokerErrorType(error) !== undefined;
}

function discard(broker: Broker): void {
  broker.disconnect().catch(() => undefined);
}

/**
 * The first answer of all. The next broker is tried once one has failed, or has said nothing for a second.
 * @param onLate gets each later answer.
 * @throws the last failure where all fail, the first final failure at once.
 */
export function firstAnswer<T>(
  tries: readonly Try<T>[],
  isFinal: IsFinal,
  onLate: (answer: T) => void = () => undefined,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let isOver = false;
  let begun = 0;
  let failed = 0;
  let timer: NodeJS.Timeout | undefined;

  function end(settle: () => void): void {
    isOver = true;
    clearTimeout(timer);
    settle();
  }

  function next(): void {
    clearTimeout(timer);
    const attempt = tries[begun];
    if (isOver || attempt === undefined) return;
    begun += 1;
    timer = setTimeout(next, NEXT_AFTER_MS);
    attempt().then(
      (answer) => {
        if (isOver) onLate(answer);
        else end(() => resolve(answer));
      },
      (error: unknown) => {
        failed += 1;
        if (isOver) return;
        if (isFinal(error) || failed === tries.length) end(() => reject(error));
        else next();
      },
    );
  }

  // Retriable: a consumer that meets it must start over, not end.
  if (tries.length === 0) reject(Object.assign(new Error('there is no broker to ask'), { retriable: true }));
  next();
  return promise;
}
