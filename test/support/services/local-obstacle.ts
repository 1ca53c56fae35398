/**
 * Some tests break a service, which takes one that runs as a process of this machine, whatever serves the others.
 * A machine that can't run it skips them and says why: the reason is shown with the run's summary.
 */
import { chooseOrigins } from '../../simulation/services/choose-origins.ts';
import type { ServiceKind } from '../../simulation/services/service.ts';

/** What this machine lacks to run such a service itself, with the ways to have it; undefined where it can. */
export async function findLocalObstacle(kind: ServiceKind): Promise<string | undefined> {
  try {
    await chooseOrigins([{ name: kind, kind, extra: false }], { origins: ['local'], say: () => undefined });
    return undefined;
  } catch (error) {
    // In one line, as the reason of each test that it keeps from running.
    const why = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n[\s-]*/g, ' ');
    return `it breaks a service of its own, which must be a process of this machine. ${why}`;
  }
}
