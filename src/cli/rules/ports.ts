/** What the commands need of the running pods. The adapter is made in one place, `connect-fleet.ts`. */
import type { CommandLine } from '../command.ts';

/** The running pods, as seen through Redis. Every method rejects with a readable error where Redis is away. */
export interface Fleet {
  /** True forbids every push everywhere at once, whatever rules a pod has loaded; false lifts that. */
  killSwitch(set: boolean, why: string): Promise<void>;
  /** Tells every pod to look at its documents now. */
  announce(): Promise<void>;
  livePods(): Promise<readonly LivePodRules[]>;
  close(): Promise<void>;
}

export interface LivePodRules {
  readonly pod: string;
  readonly rulesVersion: string | undefined;
  /** Tells apart two documents of one version, where the pod reports it. */
  readonly rulesEtag?: string | undefined;
}

export interface FleetAddress {
  readonly url: string;
  readonly cluster: boolean;
  /** Of the deployment. */
  readonly prefix: string;
}

/** @throws Error where Redis can't be reached. */
export type ConnectFleet = (address: FleetAddress) => Promise<Fleet>;

/** Where a command on the rules reads from and speaks to. */
export interface CommandContext extends CommandLine {
  readonly connectFleet: ConnectFleet;
}

/** The process's exit code: 0 done, 1 not done (or problems found), 78 the environment is not enough. */
export type ExitCode = 0 | 1 | 78;
