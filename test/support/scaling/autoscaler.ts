/**
 * What Kubernetes' autoscaler asks for, given what a metric said: its formula for an AverageValue (as KEDA's Prometheus
 * trigger makes it), tolerance, stabilisation windows, policies and bounds. After autoscaling/v2 as of Kubernetes 1.34.
 */

export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  /** The one that changes most counts. */
  readonly policies: readonly ScalingPolicy[];
}

export interface Autoscaler {
  /** Of the metric, for each pod. */
  readonly threshold: number;
  readonly min: number;
  readonly max: number;
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

/** The metric's value from this moment on. */
export interface Reading {
  readonly atSeconds: number;
  readonly value: number;
}

export interface Asked {
  readonly atSeconds: number;
  readonly metric: number;
  /** By the formula alone. */
  readonly wanted: number;
  /** After windows, policies and bounds. */
  readonly replicas: number;
}

export interface Watching {
  /** Pods at the begin. */
  readonly replicas: number;
  readonly untilSeconds: number;
  /** The controller looks this often. */
  readonly syncSeconds: number;
  /** … and for the first time then. Default: after one such pause. */
  readonly firstSyncSeconds?: number;
}

/** The controller's own default: so near the target it changes nothing. */
const TOLERANCE = 0.1;

/** Pods are there as soon as they are asked for. @param readings in the order of time; before the first it is 0. */
export function askedFor(
  readings: readonly Reading[],
  autoscaler: Autoscaler,
  { replicas: atBegin, untilSeconds, syncSeconds, firstSyncSeconds = syncSeconds }: Watching,
): Asked[] {
  const asked: Asked[] = [];
  const recommended: Timed[] = [{ atSeconds: 0, count: atBegin }];
  const changes: Timed[] = [];
  let replicas = atBegin;
  for (let atSeconds = firstSyncSeconds; atSeconds <= untilSeconds; atSeconds += syncSeconds) {
    const metric = readings.findLast((reading) => reading.atSeconds <= atSeconds)?.value ?? 0;
    const wanted = wantedFor(metric, replicas, autoscaler.threshold);
    const stable = stabilized(wanted, { replicas, atSeconds, recommended }, autoscaler);
    recommended.push({ atSeconds, count: wanted });
    const next = bounded(stable, { replicas, atSeconds, changes }, autoscaler);
    if (next !== replicas) changes.push({ atSeconds, count: next - replicas });
    replicas = next;
    asked.push({ atSeconds, metric, wanted, replicas });
  }
  return asked;
}

interface Timed {
  readonly atSeconds: number;
  readonly count: number;
}

/** ceil(metric ÷ threshold), but for what is within the tolerance. */
function wantedFor(metric: number, replicas: number, threshold: number): number {
  const ratio = metric / (threshold * replicas);
  return Math.abs(ratio - 1) <= TOLERANCE ? replicas : Math.ceil(metric / threshold);
}

/** Up only to the least, down only to the most that was recommended within the window. */
function stabilized(
  wanted: number,
  {
    replicas,
    atSeconds,
    recommended,
  }: { replicas: number; atSeconds: number; recommended: readonly Timed[] },
  { scaleUp, scaleDown }: Autoscaler,
): number {
  const within = (seconds: number): number[] =>
    recommended.filter((one) => one.atSeconds > atSeconds - seconds).map(({ count }) => count);
  const least = Math.min(wanted, ...within(scaleUp.stabilizationWindowSeconds));
  const most = Math.max(wanted, ...within(scaleDown.stabilizationWindowSeconds));
  return Math.min(Math.max(replicas, least), most);
}

function bounded(
  wanted: number,
  { replicas, atSeconds, changes }: { replicas: number; atSeconds: number; changes: readonly Timed[] },
  { min, max, scaleUp, scaleDown }: Autoscaler,
): number {
  /** Pods when the policy's period began. */
  const before = ({ periodSeconds }: ScalingPolicy): number =>
    replicas -
    changes
      .filter((change) => change.atSeconds > atSeconds - periodSeconds)
      .reduce((sum, { count }) => sum + count, 0);
  const step = (policy: ScalingPolicy, from: number): number =>
    policy.type === 'Pods' ? policy.value : (from * policy.value) / 100;
  if (wanted > replicas) {
    const limits = scaleUp.policies.map((policy) => Math.ceil(before(policy) + step(policy, before(policy))));
    // A period may have had more already: then nothing is added.
    return Math.min(wanted, max, Math.max(replicas, ...limits));
  }
  if (wanted < replicas) {
    const limits = scaleDown.policies.map((policy) =>
      Math.floor(before(policy) - step(policy, before(policy))),
    );
    return Math.max(wanted, min, Math.min(replicas, ...limits));
  }
  return Math.min(max, Math.max(min, replicas));
}
