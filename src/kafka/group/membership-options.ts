/** What a membership stands on. */
import type { KeyedExecutor } from '../../stream/execute/keyed-executor.ts';
import type { Committer } from '../commit/committer.ts';
import type { ConsumerOptions } from '../consumer-options.ts';
import type { IntakePump } from '../../stream/fetch-pump.ts';
import type { OffsetReader } from '../offsets/offset-reader.ts';
import type { FlowOptions } from '../../stream/partition/partition-flow.ts';

export interface MembershipOptions extends Pick<
  ConsumerOptions,
  | 'topic'
  | 'maxInFlightEvents'
  | 'maxUncommittedEvents'
  | 'maxRecordBytes'
  | 'drainTimeoutMs'
  | 'intake'
  | 'clock'
  | 'logger'
  | 'meter'
  | 'onAssigned'
> {
  readonly heartbeatIntervalMs: number;
  readonly executor: KeyedExecutor;
  readonly committer: Committer;
  readonly pump: IntakePump;
  readonly reader: OffsetReader;
  readonly flow: Pick<
    FlowOptions,
    'keyOf' | 'onChange' | 'onFinished' | 'onPassedOver' | 'onCommitDue' | 'onFault'
  >;
  /** Where the client shall fetch next. */
  seek(partition: number, offset: number): void;
  /** What the client shall not fetch for now. */
  pause(partition: number): void;
  resume(partition: number): void;
}
