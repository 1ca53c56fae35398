/** What Redis must be asked for, as it was known last: an outage leaves the old answers and delays nobody. */
import type { Status } from '../status.ts';
import type { KillSwitchPort, QueuePort } from './ports.ts';

export interface LastKnown {
  depths(): Status['queue'];
  isFlagSet(): boolean;
  /** Asks for the depths again. Never rejects. */
  askDepths(): Promise<void>;
  /** Asks for the depths and the flag again. Never rejects. */
  ask(): Promise<void>;
}

export function createLastKnown(queue: QueuePort, killSwitch: KillSwitchPort): LastKnown {
  let depths: Status['queue'] = { waiting: 0, active: 0, delayed: 0, failed: 0 };
  let isFlagSet = false;

  async function askDepths(): Promise<void> {
    depths = await queue.counts().catch(() => depths);
  }

  async function askFlag(): Promise<void> {
    isFlagSet = await killSwitch.isSet().catch(() => isFlagSet);
  }

  return {
    depths: () => depths,
    isFlagSet: () => isFlagSet,
    askDepths,
    async ask() {
      await Promise.all([askDepths(), askFlag()]);
    },
  };
}
