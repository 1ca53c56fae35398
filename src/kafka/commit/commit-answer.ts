/**
 * What the coordinator says of each partition of a commit. kafkajs 2.2.4 throws the first refusal and forgets the rest,
 * so nobody knows which partitions were committed.
 */
import type { Broker } from 'kafkajs';
import { brokerErrorName } from '../client/error-codes.ts';
import { withOwnAnswers } from '../client/own-answers.ts';

/** Refusals that concern the group, not the partition that carries them. */
export const OF_THE_GROUP = new Set([
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_AUTHORIZATION_FAILED',
  'REQUEST_TIMED_OUT',
]);

/** Answers to a member that the group has gone on without. */
export const FENCED = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
  'STALE_MEMBER_EPOCH',
]);

interface CommitAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

/** Some partitions, or all, were refused. Partitions without a refusal have been committed. */
export class CommitRefused extends Error {
  override readonly name = 'CommitRefused';
  /** A refusal that concerns the whole commit if there is one, else the first: kafkajs’s own errors carry it so. */
  readonly type: string;
  /** By partition: the broker's name for why. */
  readonly refused: ReadonlyMap<number, string>;

  constructor(refused: ReadonlyMap<number, string>) {
    const types = [...refused.values()];
    const ofAll = types.find((one) => FENCED.has(one)) ?? types.find((one) => OF_THE_GROUP.has(one));
    super(`the commit was refused: ${[...new Set(types)].join(', ')}`);
    this.type = ofAll ?? types[0] ?? 'UNKNOWN';
    this.refused = refused;
  }
}

/** The same broker; its `offsetCommit` throws {@link CommitRefused}. */
export function withCommitAnswers(broker: Broker): Broker {
  return withOwnAnswers(broker, (exchange) => ({
    ...exchange,
    response: { ...exchange.response, parse: readCommitAnswer },
  }));
}

function readCommitAnswer(answer: CommitAnswer): Promise<unknown> {
  const refused = new Map<number, string>();
  for (const { partition, errorCode } of answer.responses.flatMap(({ partitions }) => partitions)) {
    const type = brokerErrorName(errorCode);
    if (type !== undefined) refused.set(partition, type);
  }
  if (refused.size > 0) return Promise.reject(new CommitRefused(refused));
  return Promise.resolve(answer);
}
