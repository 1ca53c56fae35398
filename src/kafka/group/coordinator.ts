/**
 * Follows the group’s coordinator. When its broker dies or gives the group to another one, the next requests go to the
 * successor, under the same membership. So a coordinator that moves costs the group neither sessions nor commits.
 *
 * kafkajs 2.2.4 asks for the coordinator at a join and then keeps that one connection. After the broker’s death every
 * heartbeat and commit fails until its retries are used up, long after the session has ended. A join that fails on the
 * way makes kafkajs fetch on as nobody’s member, without heartbeats, for good. Here such a join begins again.
 */
import type { Broker, Cluster } from 'kafkajs';
import { isBrokenOff } from '../client/broken-off.ts';
import { brokerErrorType, messageOf } from '../client/client.ts';
import { withCommitAnswers } from '../commit/commit-answer.ts';
import type { Session } from './session.ts';

type Find = Cluster['findGroupCoordinator'];

/** Answers of a broker that is not the coordinator, or not yet. */
const ELSEWHERE = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
const JOINING = new Set<PropertyKey>(['joinGroup', 'syncGroup']);
const FOLLOWED = new Set<PropertyKey>(['offsetCommit', 'offsetFetch', 'leaveGroup']);

/**
 * Makes this cluster give everybody who asks for a coordinator one that is followed.
 *
 * @param session hears of each request that renews it.
 */
export function followCoordinator(cluster: Cluster, session: Pick<Session, 'asks'>): void {
  const find: Find = cluster.findGroupCoordinator.bind(cluster);
  cluster.findGroupCoordinator = async (group) => {
    try {
      return follow(await find(group), () => find(group), session);
    } catch (error) {
      throw isMissing(error) ? joinAgain(error) : error;
    }
  };
}

type Request = (...args: unknown[]) => Promise<unknown>;

function follow(found: Broker, findAgain: () => Promise<Broker>, session: Pick<Session, 'asks'>): Broker {
  let current: Broker | undefined = found;
  let finding: Promise<Broker> | undefined;

  async function find(): Promise<Broker> {
    try {
      return (current = await findAgain());
    } catch (error) {
      // Takes away kafkajs’s mark of a final failure: the caller tries again.
      throw new Error(`the group has no coordinator now: ${messageOf(error)}`, { cause: error });
    } finally {
      finding = undefined;
    }
  }

  function connected(): Promise<Broker> {
    if (current?.isConnected() === true) return Promise.resolve(current);
    return (finding ??= find());
  }

  async function send(name: PropertyKey, args: readonly unknown[]): Promise<unknown> {
    const broker = await connected();
    try {
      const asked = name === 'offsetCommit' ? withCommitAnswers(broker) : broker;
      return await (Reflect.get(broker, name) as Request).apply(asked, [...args]);
    } catch (error) {
      if (isMissing(error) && current === broker) current = undefined;
      throw error;
    }
  }

  async function sendFollowing(name: PropertyKey, args: readonly unknown[]): Promise<unknown> {
    try {
      return await send(name, args);
    } catch (error) {
      if (!ELSEWHERE.has(brokerErrorType(error) ?? '')) throw error;
      return send(name, args);
    }
  }

  async function sendHeartbeat(args: readonly unknown[]): Promise<unknown> {
    const renew = session.asks();
    try {
      const answer = await sendFollowing('heartbeat', args);
      renew();
      return answer;
    } catch (error) {
      // The member counts until it has had its time to join again.
      if (brokerErrorType(error) === 'REBALANCE_IN_PROGRESS') renew();
      throw error;
    }
  }

  async function sendJoining(name: PropertyKey, args: readonly unknown[]): Promise<unknown> {
    const renew = session.asks();
    try {
      const answer = await send(name, args);
      if (name === 'syncGroup') renew();
      return answer;
    } catch (error) {
      throw isMissing(error) ? joinAgain(error) : error;
    }
  }

  return new Proxy(found, {
    get(target, name) {
      if (name === 'isConnected') return () => true;
      if (name === 'heartbeat') return (...args: unknown[]) => sendHeartbeat(args);
      if (FOLLOWED.has(name)) return (...args: unknown[]) => sendFollowing(name, args);
      if (JOINING.has(name)) return (...args: unknown[]) => sendJoining(name, args);
      return Reflect.get(current ?? target, name) as unknown;
    },
  });
}

/** The group itself has not answered: the connection failed, or nobody coordinates the group yet. */
function isMissing(error: unknown): boolean {
  const type = brokerErrorType(error);
  if (type !== undefined) return ELSEWHERE.has(type);
  const root = rootOf(error);
  // kafkajs keeps no error of brokers that break off while they are asked, and calls all of it final.
  if (root.name === 'KafkaJSGroupCoordinatorNotFound') return true;
  const retriable = 'retriable' in root ? root.retriable : undefined;
  if (root.name.startsWith('KafkaJS')) return retriable !== false;
  // A plain error is a defect, unless it says that it is retriable.
  return retriable === true || isBrokenOff(root);
}

function rootOf(error: unknown): Error {
  let root = error instanceof Error ? error : new Error(String(error));
  while (root.cause instanceof Error) root = root.cause;
  return root;
}

/** Tells kafkajs to begin this join again, from finding the coordinator on. */
function joinAgain(cause: unknown): Error {
  const error = new Error(`the join is begun again: ${messageOf(cause)}`, { cause });
  return Object.assign(error, { type: 'REBALANCE_IN_PROGRESS' });
}
