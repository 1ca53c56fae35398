/** The page of pods that are not there, as the ops endpoints of a pod serve it. */
import type { Fleet } from '../../../src/ops/page/fleet.ts';
import { startPage } from '../../../src/ops/page/page.ts';
import { startOpsServer, type OpsServer } from '../../../src/ops/server.ts';
import type { Status } from '../../../src/ops/status.ts';
import { systemClock as clock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../silent-logger.ts';
import { snapshot } from '../../unit/ops/page/example-fleet.ts';

/** @param fleetAt what all pods say at a moment, epoch ms. @param port 0: any free one. */
export async function servePage(fleetAt: (nowMs: number) => Fleet, port = 0): Promise<OpsServer> {
  const page = startPage({
    snapshot: () => snapshot(),
    exchange: { turn: async () => {}, fleet: ({ nowMs }) => fleetAt(nowMs) },
    refresh: async () => {},
    mask: (text) => text,
    ...{ clock, logger: silentLogger },
  });
  return startOpsServer({
    ...{ host: '127.0.0.1', port, notLive: () => [], notReady: () => [], notes: async () => [] },
    status: () => Promise.resolve({} as Status),
    metrics: () => Promise.resolve(''),
    ...{ page, board: undefined, logger: silentLogger },
  });
}
