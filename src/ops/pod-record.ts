/** What a pod tells the other pods of itself. */
import type { PodRecord } from './pods.ts';

/** What does not change while the pod lives. */
export interface PodIdentity {
  readonly pod: string;
  readonly version: string;
  /** Epoch ms. */
  readonly startedAtMs: number;
  readonly topic: string;
  readonly groupId: string;
  readonly lane: string;
  readonly laneThresholdBytes: number;
  readonly pushApiUrl: string;
  readonly dryRun: boolean;
  readonly recordForm: number;
}

export interface PodRecordPorts {
  readonly partitions: () => readonly { readonly topic: string; readonly partition: number }[];
  readonly rules: () => {
    readonly version: string | undefined;
    readonly etag: string | undefined;
    readonly hash: string | undefined;
  };
  readonly merchantsVersion: () => string | undefined;
}

export function createPodRecord(identity: PodIdentity, ports: PodRecordPorts): () => PodRecord {
  const { startedAtMs, pushApiUrl, ...about } = identity;
  const fixed = {
    ...about,
    startedAt: new Date(startedAtMs).toISOString(),
    pushApi: publicUrl(pushApiUrl),
  };
  return () => ({
    ...fixed,
    partitions: ports.partitions().map(({ topic, partition }) => ({ topic, partition })),
    rulesVersion: ports.rules().version,
    rulesEtag: ports.rules().etag,
    rulesHash: ports.rules().hash,
    merchantsVersion: ports.merchantsVersion(),
  });
}

/** What may be shown of an address: not its user, password and query. */
function publicUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
