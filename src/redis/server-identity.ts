/** Which servers answer, as they tell it in INFO: enough to notice that one was restarted, replaced or promoted. */
import type { RedisClient } from './connection.ts';
import { mastersOf, type RedisInfo } from './info.ts';

export interface Master {
  readonly address: string;
  readonly role: string | undefined;
  readonly runId: string | undefined;
  /** The replication id whose history it went on with when it was promoted; forgotten when its replicas are gone. */
  readonly promotedFrom: string | undefined;
}

/** What Redis says where there is none. */
const NO_REPLICATION_ID = /^0*$/;

/** Who answers now, by address. @param infos of `mastersOf(redis)`, in its order. */
export function readMasters(redis: RedisClient, infos: readonly RedisInfo[]): readonly Master[] {
  const nodes = mastersOf(redis);
  const found = infos.map((info, at): Master => {
    const { host = '', port = 0 } = nodes[at]?.options ?? {};
    const continued = info.get('master_replid2') ?? '';
    return {
      address: `${host}:${String(port)}`,
      role: info.get('role'),
      runId: info.get('run_id'),
      promotedFrom: NO_REPLICATION_ID.test(continued) ? undefined : continued,
    };
  });
  return found.toSorted((a, b) => a.address.localeCompare(b.address));
}

/** A master that was replaced and has taken over again in between has the same run id, but continues another history. */
export function isOther(before: readonly Master[], now: readonly Master[]): boolean {
  return (
    before.length !== now.length ||
    now.some((master, at) => {
      const known = before[at];
      return (
        known?.address !== master.address ||
        known.role !== master.role ||
        known.runId !== master.runId ||
        (master.promotedFrom !== undefined && master.promotedFrom !== known.promotedFrom)
      );
    })
  );
}
