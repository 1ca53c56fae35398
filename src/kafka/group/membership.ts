/**
 * From join to join: makes an assignment of each join, opens it, and runs its handover before the next join.
 */
import { hasNothingLeft, revokeAll, type Assignment } from '../../stream/partition/assignment.ts';
import { within } from '../../runtime/deadline.ts';
import type { ConsumerMeter } from '../meter.ts';
import { runHandover, type HandoverOptions } from './handover.ts';
import type { JoinAnswer } from './join-gate.ts';
import type { PartitionPositions } from './partition-positions.ts';

export interface Membership {
  /** Since when there is no open assignment, epoch ms. */
  readonly closedSinceMs: number | undefined;
  /** May the group be joined now? Begins the handover where it must come first. */
  readonly beforeJoin: () => JoinAnswer;
  joined(memberId: string, partitions: readonly number[]): void;
  /** The client has given up: the join that was under way will not end. */
  givenUp(): void;
  /** Hands over the current assignment, and refuses every later join. Resolves within the drain limit. */
  leave(): Promise<void>;
}

export interface MembershipOptions extends HandoverOptions {
  readonly topic: string;
  readonly positions: PartitionPositions;
  readonly meter: ConsumerMeter;
}

export function createMembership(options: MembershipOptions): Membership {
  const { partitions, positions, logger, clock } = options;
  let handover: Promise<void> | undefined;
  let leaving = false;
  /** Resolves when the join that is under way has ended; undefined while there is none. */
  let joining: PromiseWithResolvers<void> | undefined;
  let joins = 0;
  /** When the last open assignment closed, epoch ms; before the first one, when this began. */
  let closedAtMs = clock.now();

  /** To be called before the current assignment's state changes. */
  function close(): void {
    if (partitions.current?.state === 'open') closedAtMs = clock.now();
  }

  function startHandover(assignment: Assignment): Promise<void> {
    close();
    handover ??= runHandover(assignment, options).finally(() => (handover = undefined));
    return handover;
  }

  function beforeJoin(): JoinAnswer {
    const { current } = partitions;
    if (current !== undefined && current.state !== 'over') {
      if (current.state !== 'opening' && !(current.state === 'open' && hasNothingLeft(current))) {
        void startHandover(current);
        return 'hold';
      }
      // With nothing to finish and nothing to commit the join need not wait.
      close();
      current.state = 'over';
      revokeAll(current);
    }
    if (leaving) {
      joining?.resolve();
      return 'refuse';
    }
    joining ??= Promise.withResolvers();
    return 'join';
  }

  function joinEnded(): void {
    joining?.resolve();
    joining = undefined;
  }

  return {
    get closedSinceMs() {
      return partitions.current?.state === 'open' ? undefined : closedAtMs;
    },
    beforeJoin,
    joined(memberId, assigned) {
      close();
      const assignment = partitions.assign(memberId, assigned);
      joinEnded();
      joins += 1;
      if (joins > 1) options.meter.rebalanced();
      logger.info({ topic: options.topic, partitions: assignment.partitions, joins }, 'joined the group');
      positions.releaseHeld();
      if (leaving) {
        assignment.state = 'over';
        return;
      }
      partitions.executor.resume();
      positions.open(assignment);
    },
    givenUp: joinEnded,
    async leave() {
      leaving = true;
      const { current } = partitions;
      // A pod that leaves in the middle of a join would stay a member without a heartbeat, and hold the group up.
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
