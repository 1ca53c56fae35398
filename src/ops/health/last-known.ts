/** What Redis must be asked for, as it was known last: an outage leaves the old answers and delays nobody. */
import type { KillSwitchFlag, Status } from '../status.ts';
import type { KillSwitchPort, QueuePort } from './ports.ts';

export interface LastKnown {
  depths(): Status['queue'];
  /** The kill switch's; undefined while it is not set. */
  flag(): KillSwitchFlag | undefined;
  /** Asks for the depths again. Never rejects. */
  askDepths(): Promise<void>;
  /** Asks for the flag again. Never rejects. */
  askFlag(): Promise<void>;
  /** Asks for the depths and the flag again. Never rejects. */
  ask(): Promise<void>;
}

export function createLastKnown(queue: QueuePort, killSwitch: KillSwitchPort): LastKnown {
  let depths: Status['queue'] = { waiting: 0, active: 0, delayed: 0, failed: 0 };
  let flag: KillSwitchFlag | undefined;

  async function askDepths(): Promise<void> {
    depths = await queue.counts().catch(() => depths);
  }

  async function askFlag(): Promise<void> {
    flag = await killSwitch.read().catch(() => flag);
  }

  return {
    depths: () => depths,
    flag: () => flag,
    askDepths,
    askFlag,
    async ask() {
      await Promise.all([askDepths(), askFlag()]);
    },
  };
}
