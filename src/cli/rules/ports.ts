/** What the commands need of the running pods and of S3. The adapters are made in `connect-fleet.ts`, `open-rules.ts`. */
import type { KillSwitch } from '../../claims/kill-switch.ts';
import type { ObjectStore } from '../../documents/object-store.ts';
import type { RedisPlace } from '../../compose/redis.ts';
import type { TriedChange } from './judge-change.ts';
import type { CommandLine } from '../command.ts';

/** The running pods, as seen through Redis. Every method rejects with a readable error where Redis is away. */
export interface Fleet {
  /** Set, it forbids every push everywhere at once, whatever rules a pod has loaded. */
  readonly killSwitch: Pick<KillSwitch, 'read' | 'set' | 'lift'>;
  /** Tells every pod to look at its documents now. */
  announce(): Promise<void>;
  livePods(): Promise<readonly LivePodRules[]>;
  close(): Promise<void>;
}

export interface LivePodRules {
  readonly pod: string;
  readonly rulesVersion: string | undefined;
  /** Of the very bytes; a pod of an older version does not report it. */
  readonly rulesHash?: string | undefined;
}

/** @throws Error where Redis can't be reached. */
export type ConnectFleet = (place: RedisPlace) => Promise<Fleet>;

/** A bucket, until it is closed. */
export interface OpenStore {
  readonly store: ObjectStore;
  close(): void;
}

/**
 * Tries the examples beside a rules file, and says what it finds.
 * @returns whether all hold; undefined where there are none.
 */
export type TryExamples = (rulesFile: string, context: CommandContext) => Promise<boolean | undefined>;

/** @throws Error where the recording can't be read. */
export type CompareOnRecording = (asked: {
  readonly candidate: string;
  /** The live document's text; undefined where there is none that is valid. */
  readonly live: string | undefined;
  readonly recordingFile: string;
}) => Promise<TriedChange>;

/** Where a command on the rules reads from and speaks to. */
export interface CommandContext extends CommandLine {
  readonly connectFleet: ConnectFleet;
  /** Default: S3, by the environment. */
  readonly openBucket?: (bucket: string) => OpenStore;
  readonly tryExamples?: TryExamples;
  readonly compareOnRecording?: CompareOnRecording;
}

/** The process's exit code: 0 done, 1 not done (or problems found), 78 the environment is not enough. */
export type ExitCode = 0 | 1 | 78;
