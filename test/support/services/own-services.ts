/** Services of one test file's own, as processes of this machine: for tests that break, freeze or refuse them. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { ServiceKind } from '../../simulation/services/service.ts';
import type { ServicesOptions } from '../../simulation/services/options.ts';
import { startServices, type RunningServices } from '../../simulation/services/start-services.ts';
import { findLocalObstacle } from './local-obstacle.ts';

export interface OwnServices {
  /** False where the file's tests are skipped: its hooks ask first. */
  areThere(): boolean;
  /** @throws Error before the file's first test. */
  service: RunningServices['service'];
}

/**
 * Called at the top of a test file. Starts them before its first test and stops them after its last. A machine that
 * can't run `kind` itself skips each test with the reason.
 */
export function useOwnServices(
  kind: ServiceKind,
  options: Omit<ServicesOptions, 'say' | 'origins'>,
): OwnServices {
  let services: RunningServices | undefined;
  let obstacle: string | undefined;
  beforeAll(async () => {
    obstacle = await findLocalObstacle(kind);
    if (obstacle !== undefined) return;
    services = await startServices({ ...options, say: () => undefined, origins: ['local'] });
  });
  afterAll(async () => {
    await services?.stop();
  });
  beforeEach(({ skip }) => {
    skip(obstacle !== undefined, obstacle);
  });
  return {
    areThere: () => services !== undefined,
    service(name) {
      if (services === undefined) throw new Error(`${name} has not been started`);
      return services.service(name);
    },
  };
}
